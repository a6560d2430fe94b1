"""The page of every public name of the SDK, from its signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator

import modelyard
from generators.markdown import as_markdown, first_sentence, table
from modelyard.model.builder import Field

HEAD = """\
# The SDK

```python
from modelyard import GenericModel, ModelProperties, ModelVersionSet, SklearnModel, experiment
```

`SklearnModel` has every method of `GenericModel`. Each name here has more to say in Python: `help(GenericModel.save)`.
The guides show them at work: [save a model](../guides/save-a-model.md), [deploy it](../guides/deploy.md),
[update it](../guides/update.md), [keep versions together](../guides/version-sets.md).
"""


def page() -> str:
    """Return the page."""
    return "\n\n".join([HEAD.strip(), _index(), *(part for name in modelyard.__all__ for part in _described(name))])


def public_methods(cls: type) -> dict[str, object]:
    """Return the public methods and properties that a class has, with those that it inherits; constants left out."""
    return {
        name: inspect.getattr_static(cls, name)
        for name in dir(cls)
        if not name.startswith("_") and not name.isupper() and not hasattr(object, name)
    }


def _index() -> str:
    things = ((name, getattr(modelyard, name)) for name in modelyard.__all__)
    return table(
        ("name", "it is to"),
        ((f"[`{name}`](#modelyard{name.lower()})", first_sentence(thing)) for name, thing in things if callable(thing)),
    )


def _described(name: str) -> Iterator[str]:
    thing = getattr(modelyard, name)
    if not callable(thing):
        yield f"## `modelyard.{name}`\n\nThe version, as text."
        return
    yield f"## `modelyard.{name}`\n\n{first_sentence(thing)}\n\n{_signature(name, thing)}"
    yield from _sections(thing)
    if not inspect.isclass(thing):
        return
    inherited = {each for parent in thing.__mro__[1:] if _is_shown(parent) for each in public_methods(parent)}
    for method, found in public_methods(thing).items():
        if method not in inherited or method in vars(thing):
            yield f"### `{name}.{method}`\n\n{_member(thing, method, found)}"


def _is_shown(cls: type) -> bool:
    return cls.__name__ in modelyard.__all__


def _member(cls: type, name: str, found: object) -> str:
    if isinstance(found, property) or not callable(getattr(cls, name)):
        told = first_sentence(found) if isinstance(found, property | Field) else ""
        return told or "An attribute."
    callee = getattr(cls, name)
    return "\n\n".join([first_sentence(callee), _signature(name, callee), *_sections(callee)])


def _sections(callee: object) -> Iterator[str]:
    """Give what else the docstring says: arguments and errors as tables."""
    text = inspect.cleandoc(getattr(callee, "__doc__", None) or "")
    for title, head in (("Args", ("argument", "meaning")), ("Raises", ("raises", "when"))):
        section = re.search(rf"^{title}:\n((?:    .*\n?|\n)*)", text, re.MULTILINE)
        if section is None:
            continue
        items = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section[1], re.MULTILINE)
        yield table(head, ((f"`{name}`", as_markdown(meaning)) for name, meaning in items))


def _signature(name: str, callee: Callable[..., object]) -> str:
    """Return a call as one would write it, one parameter a line where there are many."""
    signature = inspect.signature(callee)
    parts: list[str] = []
    starred = False
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        starred = starred or parameter.kind is parameter.VAR_POSITIONAL
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        mark = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        parts.append(f"{mark}{parameter.name}{default}")
    line = f"{name}({', '.join(parts)})"
    if len(line) > 100:
        line = f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + ")"
    return f"```text\n{line}\n```"
