"""What all builders share: named fields that are said one by one, read back, and kept in YAML or JSON."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar, cast, overload

from modelyard.errors import UsageError
from modelyard.model.metadata_items import yaml_of
from modelyard.model.notebook_view import view
from modelyard.model.serializable import Serializable
from modelyard.model.spec_files import spec_within
from modelyard.resources.noun import wire_name

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")
W = TypeVar("W", bound="Written")
Take = Callable[[object], object]
"""Returns a value as it is kept; raises ValueError or TypeError for one that is none."""

Record = dict[str, object]


class Written(Protocol):
    """Be something that a dictionary can hold."""

    def to_dict(self) -> Mapping[str, object]:
        """Return it as a dictionary."""

    @classmethod
    def from_dict(cls, said: Mapping[str, object], /) -> Self:
        """Return what a dictionary says."""


class Field(Generic[T]):
    """Be a field of a builder: an attribute that is None until something is said, and checks what is said.

    Args:
        about: What it is, in a sentence.
        take: Returns a value as it is kept; raises ValueError or TypeError for one that is none.
        show: Returns a kept value as JSON holds it.
        wire: Its name in files; by default its own in camelCase.
        is_kept: Whether it is written to files.
        is_told: Whether it is the service that says it: it can be in a spec, and cannot be assigned.
    """

    def __init__(
        self,
        about: str,
        *,
        take: Callable[[object], T],
        show: Callable[[T], object] | None = None,
        wire: str | None = None,
        is_kept: bool = True,
        is_told: bool = False,
    ) -> None:
        self.__doc__ = about
        self.name = ""
        self.wire = wire or ""
        self.is_kept = is_kept
        self.is_told = is_told
        self._take = take
        self._show = show or cast("Callable[[T], object]", deepcopy)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.wire = self.wire or wire_name(name)

    @overload
    def __get__(self, builder: None, owner: type) -> Self: ...

    @overload
    def __get__(self, builder: FieldSet, owner: type) -> T | None: ...

    def __get__(self, builder: FieldSet | None, owner: type) -> T | Self | None:
        return self if builder is None else self.of(builder)

    def __set__(self, builder: FieldSet, value: T | None) -> None:
        if self.is_told:
            raise AttributeError(f"{self.name} of a {type(builder).__name__} is what the service says: it stays.")
        builder.set_spec(self.name, value)

    def of(self, builder: FieldSet) -> T | None:
        """Return what a builder says; None where it says nothing."""
        return cast("T | None", builder.get_spec(self.name))

    def taken(self, value: object, *, of: str) -> T:
        """Return a value as it is kept; raise UsageError for one that is none."""
        try:
            return self._take(value)
        except UsageError:  # it says more than could be said here
            raise
        except (TypeError, ValueError) as error:
            raise UsageError(f"{self.name} of a {of}: {error}") from error

    def shown(self, value: T) -> object:
        """Return a kept value as JSON holds it."""
        return self._show(value)


class FieldSet(Serializable):
    """Be what fields say.

    Args:
        spec: What is said, by the names of the fields or those in files (``projectId``).
        kwargs: The same as keywords, which come before the spec.

    Raises:
        ValueError: There is no such field, or it takes no such value.
    """

    KIND: ClassVar[str]
    TYPE: ClassVar[str]
    fields: ClassVar[Mapping[str, Field[object]]] = {}
    """The fields by name, in the order in which files have them."""

    attribute_map: ClassVar[Mapping[str, str]] = {}
    """The name in files → the name here."""

    def __init_subclass__(cls) -> None:
        said = ((name, each) for kind in reversed(cls.__mro__) for name, each in vars(kind).items())
        cls.fields = {name: field for name, field in said if isinstance(field, Field)}
        cls.attribute_map = {field.wire: name for name, field in cls.fields.items()}

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: object) -> None:
        self._spec: dict[str, object] = {}
        for said in (spec or {}, kwargs):
            for key, value in said.items():
                self.set_spec(key, value)

    @property
    def kind(self) -> str:
        """What its file says that it is."""
        return self.KIND

    @property
    def type(self) -> str:
        """Which one of its kind its file says that it is."""
        return self.TYPE

    def set_spec(self, k: str, v: object) -> Self:
        """Say a field, by its name here or in files; None takes back what was said. Return the builder.

        Raises:
            ValueError: There is no such field, or it takes no such value.
        """
        field = self._field(k)
        if v is None:
            self._spec.pop(field.name, None)
        else:
            self._spec[field.name] = field.taken(v, of=type(self).__name__)
        return self

    def get_spec(self, key: str, default: object = None) -> object:
        """Return what was said of a field, by its name here or in files; ``default`` where nothing was."""
        return self._spec.get(self._field(key).name, default)

    def to_dict(self) -> dict[str, object]:
        """Return it as ``{"kind": …, "type": …, "spec": {…}}``, the spec by the names in files."""
        return {"kind": self.kind, "type": self.type, "spec": self._shown()}

    @classmethod
    def from_dict(cls, obj_dict: Mapping[str, object]) -> Self:
        """Return what a dictionary says, as :meth:`to_dict` returns it; nobody is asked.

        Raises:
            ValueError: It says something else.
        """
        return cls(spec=spec_within(obj_dict, what=cls.__name__, kind=cls.KIND, type=cls.TYPE))

    def __repr__(self) -> str:
        return yaml_of({"kind": self.kind, "type": self.type, "spec": self._known()})

    def _repr_html_(self) -> str:
        status = getattr(self, "status", None)  # of what the service has
        return view(type(self).__name__, {"lifecycleState": getattr(status, "value", status), **self._known()})

    def _known(self) -> dict[str, object]:
        """Return what is said, as JSON holds it; nobody is asked for the rest."""
        said = ((field, self._spec[name]) for name, field in self.fields.items() if name in self._spec)
        return {field.wire: field.shown(value) for field, value in said if field.is_kept}

    def _shown(self) -> dict[str, object]:
        return self._known()

    @classmethod
    def _field(cls, key: str) -> Field[object]:
        name = cls.attribute_map.get(key, key)
        if name not in cls.fields:
            near = difflib.get_close_matches(key, sorted({*cls.fields, *cls.attribute_map}), n=1)
            advice = f" Did you mean {near[0]}?" if near else f" It has {', '.join(cls.fields)}."
            raise UsageError(f"A {cls.__name__} has no {key}.{advice}")
        return cls.fields[name]


class Builder(FieldSet):
    """Be something to be built, field by field; see :class:`FieldSet`."""

    def build(self) -> Self:
        """Fill in what can be known without being said; return the builder."""
        return self


# ── what fields hold ─────────────────────────────────────────────────────────────────────────────────────────────────


def text(about: str, *, wire: str | None = None, is_told: bool = False) -> Field[str]:
    """Return a field that holds text."""
    return Field(about, take=as_text, wire=wire, is_told=is_told)


def choice(about: str, *among: str, wire: str | None = None) -> Field[str]:
    """Return a field that holds one of some words."""

    def take(value: object) -> str:
        if value not in among:
            raise ValueError(f"it is one of {', '.join(among)}, not {value!r}.")
        return str(value)

    return Field(about, take=take, wire=wire)


def whole(about: str, *, least: int = 0, wire: str | None = None) -> Field[int]:
    """Return a field that holds a whole number."""
    return Field(about, take=lambda value: as_whole(value, least), wire=wire)


def flag(about: str, *, wire: str | None = None) -> Field[bool]:
    """Return a field that holds True or False."""
    return Field(about, take=as_flag, wire=wire)


def texts(about: str, *, wire: str | None = None) -> Field[list[str]]:
    """Return a field that holds a list of texts."""

    def take(value: object) -> list[str]:
        if not isinstance(value, list | tuple):
            raise TypeError(f"it is a list of texts, not {value!r}.")
        return [as_text(each) for each in value]

    return Field(about, take=take, wire=wire)


def tags(about: str, *, wire: str | None = None) -> Field[dict[str, str]]:
    """Return a field that holds texts by name."""

    def take(value: object) -> dict[str, str]:
        return {as_text(name): as_text(each) for name, each in _mapping(value).items()}

    return Field(about, take=take, wire=wire)


def tags_by_namespace(about: str, *, wire: str | None = None) -> Field[dict[str, dict[str, object]]]:
    """Return a field that holds values by namespace and name."""

    def take(value: object) -> dict[str, dict[str, object]]:
        return {as_text(space): deepcopy(_mapping(each)) for space, each in _mapping(value).items()}

    return Field(about, take=take, wire=wire)


def mapping(about: str, *, wire: str | None = None, is_kept: bool = True) -> Field[dict[str, object]]:
    """Return a field that holds values by name, as JSON does."""
    return Field(about, take=lambda value: deepcopy(_mapping(value)), wire=wire, is_kept=is_kept)


def number(about: str, *, wire: str | None = None) -> Field[float]:
    """Return a field that holds a number."""
    return Field(about, take=as_number, wire=wire)


def record(about: str, *, needs: tuple[str, ...] = (), wire: str | None = None, **kinds: Take) -> Field[Record]:
    """Return a field that holds a few named values: ``{"logId": …, "logGroupId": …}``.

    Args:
        about: What it is, in a sentence.
        needs: The names that must be there.
        wire: Its name in files.
        kinds: What checks each value, by its name; both spellings of a name are taken, and that of files is kept.
    """
    names = {written: name for name in kinds for written in (name, wire_name(name))}

    def take(value: object) -> Record:
        said = {names.get(key, key): each for key, each in _mapping(value).items() if each is not None}
        if unknown := sorted(set(said) - set(kinds)):
            raise ValueError(f"it has no {', '.join(unknown)}, only {', '.join(kinds)}.")
        if missing := [name for name in needs if name not in said]:
            raise ValueError(f"it needs {', '.join(missing)} too.")
        return {wire_name(name): kinds[name](said[name]) for name in kinds if name in said}

    return Field(about, take=take, wire=wire)


def moment(about: str) -> Field[datetime]:
    """Return a field that holds a time, which the service says."""
    return Field(about, take=as_moment, show=lambda moment: moment.isoformat(), is_told=True)


def part(about: str, kind: type[W], *, wire: str | None = None) -> Field[W]:
    """Return a field that holds something of a kind, which files have as a dictionary."""

    def take(value: object) -> W:
        if isinstance(value, kind):
            return value
        if isinstance(value, Mapping):
            return kind.from_dict(value)
        raise TypeError(f"it is a {kind.__name__} or a dictionary, not {value!r}.")

    return Field(about, take=take, show=lambda said: said.to_dict(), wire=wire)


def as_text(value: object) -> str:
    """Return text; raise TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"it is text, not {value!r}.")
    return value


def as_whole(value: object, least: int = 0) -> int:
    """Return a whole number; raise ValueError for anything else."""
    plain = value.item() if hasattr(value, "item") else value  # numpy's numbers
    if isinstance(plain, bool) or not isinstance(plain, int) or plain < least:
        raise ValueError(f"it is a whole number from {least} on, not {value!r}.")
    return plain


def as_number(value: object) -> float:
    """Return a number; raise ValueError for anything else."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise ValueError(f"it is a number, not {value!r}.")  # noqa: TRY004 (as for other numbers)
    return plain


def as_flag(value: object) -> bool:
    """Return True or False; raise TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError(f"it is True or False, not {value!r}.")
    return value


def as_moment(value: object) -> datetime:
    """Return a time, also of text as ISO 8601 has it; raise ValueError for anything else."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(as_text(value).replace("Z", "+00:00"))
    except (TypeError, ValueError):
        raise ValueError(f"it is a time such as 2026-11-22T15:42:07+00:00, not {value!r}.") from None


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"it is a dictionary, not {value!r}.")
    return dict(value)
