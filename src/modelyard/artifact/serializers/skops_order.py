"""The same model in the same bytes: skops names what is in its files after places in memory, and dates them."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

_SCHEMA = "schema.json"
_NO_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say


def settle(file: Path) -> None:
    """Write a skops file anew, with its objects and members numbered in the order in which they are named."""
    settled = file.with_name(f"{file.name}.settled")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(settled, "w", allowZip64=True) as new:
        numbering = _Numbering(set(old.namelist()) - {_SCHEMA})
        schema = numbering.of(json.loads(old.read(_SCHEMA)))
        for name, number in numbering.members.items():
            with old.open(name) as source, new.open(_entry(number), "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
        new.writestr(_entry(_SCHEMA), json.dumps(schema, indent=2))
    settled.replace(file)


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, date_time=_NO_DATE)


class _Numbering:
    """Give numbers to objects and members, in the order in which they are met."""

    def __init__(self, names: set[str]) -> None:
        self._names = names
        self._objects: dict[int, int] = {}
        self.members: dict[str, str] = {}
        """The new name of each member, by its old one."""

    def of(self, node: object) -> object:
        """Return a part of the schema with the numbers in it."""
        if isinstance(node, list):
            return [self.of(each) for each in node]
        if not isinstance(node, dict):
            return node
        return {key: self._value(key, value) for key, value in node.items()}

    def _value(self, key: str, value: object) -> object:
        if key == "__id__" and type(value) is int:  # a user's own key of that name has a node for a value
            return self._objects.setdefault(value, len(self._objects) + 1)
        if key == "file" and isinstance(value, str) and value in self._names:
            suffix = Path(value).suffix
            return self.members.setdefault(value, f"{len(self.members) + 1}{suffix}")
        return self.of(value)
