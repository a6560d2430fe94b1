"""The CRC-32 of bytes in two parts, from those of the parts: so that parts can be summed up side by side."""

from __future__ import annotations

_POLYNOMIAL = 0xEDB88320  # of CRC-32, the lowest power in the highest bit


def combine(first: int, second: int, second_size: int) -> int:
    """Return the CRC-32 of two runs of bytes, one behind the other."""
    return _times(_shift(second_size), first) ^ second


def _times(a: int, b: int) -> int:
    """Multiply two polynomials modulo that of CRC-32."""
    product = 0
    bit = 1 << 31
    while bit:
        if a & bit:
            product ^= b
        b = b >> 1 ^ _POLYNOMIAL if b & 1 else b >> 1
        bit >>= 1
    return product


def _shift(size: int) -> int:
    """Return x to the power of 8 × size modulo the polynomial: what so many bytes of zeros do."""
    result, square = 1 << 31, 1 << 23  # x⁰ and x⁸
    while size:
        if size & 1:
            result = _times(square, result)
        square = _times(square, square)
        size >>= 1
    return result
