"""Lists against what a list over a sorted Python list would be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.objectstore.listing import Asked

TEXT = st.text(alphabet="a/b\U0010ffff\ud7ff\ue000é\x01", max_size=4)
NAMES = st.lists(TEXT.filter(bool), unique=True, max_size=25)


@pytest.fixture(scope="module")
def filled(make_shed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    folder: Path = tmp_path_factory.mktemp("shed")
    with closing(make_shed(folder)) as shed:
        shed.bucket()
        yield shed


def expected(names: list[str], asked: Asked) -> list[str]:
    """Return objects and prefixes in one list, in order."""
    found: list[str] = []
    for name in sorted(names):
        if not name.startswith(asked.prefix) or name < asked.start or (asked.end is not None and name >= asked.end):
            continue
        at = name.find(asked.delimiter, len(asked.prefix)) if asked.delimiter else -1
        shown = name if at < 0 else name[: at + 1] + "*"
        if shown not in found:
            found.append(shown)
    return found


def pages(shed, asked: Asked) -> Iterator[list[str]]:
    while True:
        page = shed.storage.listing.page(shed.namespace, "b", asked)
        yield sorted([found.name for found in page.objects] + [f"{prefix}*" for prefix in page.prefixes])
        if page.next is None:
            return
        asked = asked._replace(start=page.next)


@settings(max_examples=60, deadline=None)
@given(
    names=NAMES, prefix=TEXT, start=TEXT, end=st.none() | TEXT, delimiter=st.sampled_from([None, "/"]),
    limit=st.integers(1, 5),
)  # fmt: skip
def test_every_page_together_is_the_whole_list(
    filled, names: list[str], prefix: str, start: str, end: str | None, delimiter: str | None, limit: int
) -> None:
    for name in names:
        filled.put(name, b"")
    asked = Asked(prefix=prefix, start=start, end=end, delimiter=delimiter, limit=limit)
    found = list(pages(filled, asked))
    for name in names:
        filled.storage.objects.delete(filled.place(name), if_match=None)
    assert all(len(page) == limit for page in found[:-1])
    assert sorted(name for page in found for name in page) == sorted(expected(names, asked))


def test_a_page_stays_where_it_is_while_others_write(shed) -> None:
    for name in ("b", "d", "f"):
        shed.put(name, b"")
    first = shed.storage.listing.page(shed.namespace, "b", Asked(limit=1))
    shed.put("a", b"")
    shed.put("e", b"")
    rest = shed.storage.listing.page(shed.namespace, "b", Asked(start=first.next))
    assert [found.name for found in rest.objects] == ["d", "e", "f"]


def test_what_is_folded_is_not_read(shed) -> None:
    for number in range(50):
        shed.put(f"a/{number}", b"")
    shed.put("b", b"")
    page = shed.storage.listing.page(shed.namespace, "b", Asked(delimiter="/", limit=2))
    assert ([found.name for found in page.objects], page.prefixes, page.next) == (["b"], ["a/"], None)
