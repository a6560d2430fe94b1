"""scikit-learn models as skops files: loading one runs no code that is in it, and makes no objects but of named types.

The types that skops itself does not vouch for are found when the model is written and named in score.py one by one, so
that a file that was changed afterwards cannot bring in others.
"""

from __future__ import annotations

import sys
from pathlib import Path

from modelyard.artifact.metadata import OTHER, MetadataItem
from modelyard.artifact.serializers.facts import TRUSTED
from modelyard.artifact.serializers.serializer import Given, Serializer, Written
from modelyard.artifact.serializers.skops_order import settle
from modelyard.artifact.serializers.writing import NOTEBOOK, needed, written_whole
from modelyard.errors import ArtifactError

_TRUSTED = "The types in the model's file that skops does not vouch for; score.py lets in these alone"

_LONGEST = 255  # of a value of custom metadata


def save(estimator: object, path: Path, _given: Given) -> Written:
    """Write an estimator with skops, and see that it can be read again."""
    with needed("skops", extra="sklearn"):
        import skops.io
    try:
        with written_whole(path, estimator) as partial:
            skops.io.dump(estimator, partial)
            settle(partial)
            types: list[str] = skops.io.get_untrusted_types(file=partial)
            _refuse_notebook_types(types)
            skops.io.load(partial, trusted=types)
    except (ValueError, ImportError, NotImplementedError, KeyError) as error:
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError(
            f"skops cannot write the {type(estimator).__name__} so that it can be read: {error}."
        ) from error
    return Written(
        load_block=_load_block(types),
        facts=_facts(types),
        modules=tuple(sorted({_module_of(each) for each in types})),
    )


def _refuse_notebook_types(types: list[str]) -> None:
    own = [each.removeprefix("__main__.") for each in types if each.startswith("__main__.")]
    if own:
        raise ArtifactError(f"{', '.join(own)}: {NOTEBOOK}")


def _load_block(types: list[str]) -> str:
    if not types:
        return "import skops.io\n\nreturn skops.io.load(path)"
    listed = "".join(f"    {each!r},\n" for each in types)
    return (
        "import skops.io\n\n"
        "# The types in this model that skops does not know to be harmless; a file with any other is refused.\n"
        f"trusted = [\n{listed}]\n"
        "return skops.io.load(path, trusted=trusted)"
    )


def _facts(types: list[str]) -> tuple[MetadataItem, ...]:
    text = ", ".join(types)
    if len(text) > _LONGEST:
        text = f"{len(types)} types, which score.py lists"
    return (MetadataItem(TRUSTED, text, _TRUSTED, OTHER),) if types else ()


def _module_of(name: str) -> str:
    """Return the module of a type or function, which may be defined within another."""
    module = name.rpartition(".")[0]
    while module and module not in sys.modules:
        module = module.rpartition(".")[0]
    return module


SKOPS = Serializer(name="skops", suffix=".skops", save=save, library="skops")
