"""Ranges, dispositions, etags and faults: the small conventions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import (
    EtagMismatch,
    IncorrectState,
    InternalServerError,
    InvalidParameter,
    NotFound,
    RangeNotSatisfiable,
)
from modelyard.wire.disposition import attachment, file_name_of
from modelyard.wire.etags import check_etag
from modelyard.wire.faults import fault_bytes, fault_of
from modelyard.wire.ranges import parse_range

# ── ranges ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=2-", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=5-99", (5, 10)),
        (" bytes = 1 - 2 ", (1, 3)),
        ("Bytes=1-2", (1, 3)),
    ],
)
def test_a_range_is_read(header: str, expected: tuple[int, int]) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "items=1-2", "bytes=5-2", "bytes", "bytes=1", "bytes=٣-٤",
     "bytes=" + "9" * 5000 + "-"],
)  # fmt: skip
def test_what_is_no_single_range_means_the_whole(header: str | None) -> None:
    assert parse_range(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-"])
def test_a_range_behind_the_end_is_refused_with_the_size(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable, match="has 10 bytes"):
        parse_range(header, 10)


@given(header=st.text(max_size=20) | st.from_regex(r"bytes=\d{0,3}-\d{0,3}", fullmatch=True), size=st.integers(1, 500))
def test_any_header_gives_a_range_inside_the_content(header: str, size: int) -> None:
    try:
        asked = parse_range(header, size)
    except RangeNotSatisfiable:
        return
    assert asked is None or 0 <= asked.start < asked.stop <= size


# ── content-disposition ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (None, "artifact.zip"),
        ("", "artifact.zip"),
        ("attachment", "artifact.zip"),
        ("attachment; filename=a.zip", "a.zip"),
        ('attachment; filename="a.zip"', "a.zip"),
        ('attachment; filename="a b.tar.gz"; x=y', "a b.tar.gz"),
        ("ATTACHMENT;FILENAME = a.json ; x=y", "a.json"),
        ("filename=a.zip", "a.zip"),
    ],
)
def test_the_file_name_of_an_upload_is_read(header: str | None, name: str) -> None:
    assert file_name_of(header, default="artifact.zip") == name


@pytest.mark.parametrize(
    "name",
    ["../a.zip", "a/b.zip", "a\\\\b.zip", 'a\\"b.zip', "x" * 256, "a;b", "a\x00b", "a\nb", "a\x7fb"],
)
def test_a_file_name_that_is_not_plain_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="content-disposition names the file"):
        file_name_of(f'attachment; filename="{name}"', default="artifact.zip")


@given(st.text(max_size=60))
def test_any_disposition_gives_a_name_without_folders_or_is_refused(header: str) -> None:
    try:
        name = file_name_of(header, default="artifact.zip")
    except InvalidParameter:
        return
    assert name
    assert not set('/\\;"\r\n\0') & set(name)


@given(st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True))
def test_the_name_of_a_download_is_the_one_that_was_uploaded(name: str) -> None:
    header = attachment(name)
    assert header == f"attachment; filename={name}"
    assert file_name_of(header, default="") == name


# ── etags ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("if_match", [None, "*", "abc-1", '"abc-1"'])
def test_the_etag_that_a_caller_has_seen_last_is_right(if_match: str | None) -> None:
    check_etag(current="abc-1", if_match=if_match)


@pytest.mark.parametrize("if_match", ["abc-2", "", "ABC-1", "abc-1,abc-2"])
def test_another_etag_is_a_mismatch(if_match: str) -> None:
    with pytest.raises(EtagMismatch, match="get it again"):
        check_etag(current="abc-1", if_match=if_match)


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fault_comes_back_as_the_error_that_it_was() -> None:
    body = fault_bytes(IncorrectState("wait"))
    assert json.loads(body) == {"code": "IncorrectState", "message": "wait"}
    error = fault_of(status=409, body=body, request_id="r")
    assert type(error) is IncorrectState
    assert (error.message, error.request_id) == ("wait", "r")


@pytest.mark.parametrize("body", [b"", b"\xff", b'"\xff"', b'{"a": "\xff"}', b"<html>", b"[]", b"{}", b"[" * 100_000])
def test_a_fault_from_something_else_than_the_service_is_still_an_error(body: bytes) -> None:
    assert type(fault_of(status=404, body=body)) is NotFound
    assert fault_of(status=404, body=body).message


def test_a_long_page_of_a_proxy_is_cut() -> None:
    assert len(fault_of(status=502, body=b"x" * 1_000_000).message) < 5000


@given(status=st.integers(400, 599), body=st.binary(max_size=60))
def test_any_fault_is_an_error_with_a_message(status: int, body: bytes) -> None:
    error = fault_of(status=status, body=body)
    assert error.message
    assert isinstance(error, InternalServerError) or error.status < 600
