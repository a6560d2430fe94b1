"""Checksums: the table's CRC-32C is the one that everybody else computes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import InvalidParameter
from modelyard.objectstore.checksums import Checksums
from modelyard.objectstore.crc32c import crc32c_by_table, fast_crc32c


def test_the_check_value_of_crc32c_comes_out() -> None:
    assert crc32c_by_table(b"123456789") == 0xE3069283


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_the_table_and_the_package_agree(one: bytes, other: bytes) -> None:
    quick = fast_crc32c()
    assert crc32c_by_table(other, crc32c_by_table(one)) == quick(other, quick(one, 0)) == crc32c_by_table(one + other)


@pytest.mark.parametrize("value", ["x", "AAAA", "é", "A" * 24])
def test_a_checksum_that_cannot_be_one_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match="base64"):
        Checksums({"content-md5": value})
