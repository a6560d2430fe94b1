"""The checksums of a body: those that a client announces are held against the bytes that come."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

from modelyard.errors import InvalidParameter, UnmatchedContentMD5
from modelyard.objectstore.crc32c import fast_crc32c

MD5_HEADER = "content-md5"
_ALGORITHM_HEADER = "opc-checksum-algorithm"


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32c:
    def __init__(self) -> None:
        self._function = fast_crc32c()
        self._crc = 0

    def update(self, data: bytes, /) -> None:
        self._crc = self._function(data, self._crc)

    def digest(self) -> bytes:
        return self._crc.to_bytes(4, "big")


_HEADERS: Mapping[str, Callable[[], _Hash]] = {
    "opc-content-crc32c": _Crc32c,
    "opc-content-sha256": hashlib.sha256,
    "opc-content-sha384": hashlib.sha384,
}
_BY_ALGORITHM = {name.removeprefix("opc-content-").upper(): name for name in _HEADERS}


class Checksums:
    """Compute the MD5 of a body, and what other checksums its headers ask for.

    Args:
        headers: The request's headers, names in lower case.

    Raises:
        InvalidParameter: A header is no base64 of the right length, or names an algorithm that is not known.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._expected = {name: headers[name] for name in (MD5_HEADER, *_HEADERS) if headers.get(name)}
        asked = {name for name in self._expected if name != MD5_HEADER} | _asked_for(headers)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hashes: dict[str, _Hash] = {name: _HEADERS[name]() for name in sorted(asked)}
        for name, value in self._expected.items():
            length = len((self._md5 if name == MD5_HEADER else self._hashes[name]).digest())
            _check_form(name, value, length=length)

    def update(self, data: bytes) -> None:
        """Take bytes."""
        self._md5.update(data)
        for each in self._hashes.values():
            each.update(data)

    @property
    def md5(self) -> str:
        """The base64 MD5 of what came."""
        return _base64(self._md5.digest())

    @property
    def others(self) -> dict[str, str]:
        """The other checksums that were asked for, by the names of their headers."""
        return {name: _base64(each.digest()) for name, each in self._hashes.items()}

    def check(self) -> None:
        """Raise UnmatchedContentMD5 unless the bytes that came are those that were announced."""
        came = {MD5_HEADER: self.md5, **self.others}
        for name, value in self._expected.items():
            if came[name] != value.strip():
                raise UnmatchedContentMD5(
                    f"{name} is {value}, and that of the bytes that came is {came[name]}: send them again."
                )


def _asked_for(headers: Mapping[str, str]) -> set[str]:
    algorithm = headers.get(_ALGORITHM_HEADER)
    if not algorithm:
        return set()
    if algorithm.upper() not in _BY_ALGORITHM:
        known = ", ".join(_BY_ALGORITHM)
        raise InvalidParameter(f"{_ALGORITHM_HEADER} is {algorithm[:40]!r}; it takes {known}.")
    return {_BY_ALGORITHM[algorithm.upper()]}


def _check_form(name: str, value: str, *, length: int) -> None:
    try:
        is_right = len(base64.b64decode(value.strip(), validate=True)) == length
    except ValueError:
        is_right = False
    if not is_right:
        raise InvalidParameter(f"{name} is {value[:80]!r}; it takes the base64 of {length} bytes.")


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
