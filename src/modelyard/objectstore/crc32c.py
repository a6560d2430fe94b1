"""CRC-32C (Castagnoli), by the package ``crc32c`` where that is installed, else by a table."""

from __future__ import annotations

from collections.abc import Callable

_POLYNOMIAL = 0x82F63B78


def fast_crc32c() -> Callable[[bytes, int], int]:
    """Return the quickest function here from some bytes, and the CRC of those before them, to the CRC of all."""
    try:
        from crc32c import crc32c
    except ImportError:
        return crc32c_by_table
    quick: Callable[[bytes, int], int] = crc32c
    return quick


def crc32c_by_table(data: bytes, crc: int = 0) -> int:
    """Return the CRC-32C of some bytes that follow others; a few megabytes a second."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE = tuple(_entry(value) for value in range(256))
