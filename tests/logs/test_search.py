"""Search, against a naive search through lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.database.engine import Database
from modelyard.errors import InvalidParameter, NotFound
from modelyard.logs import store
from modelyard.logs.counting import MOST_GROUPS
from modelyard.logs.moments import moment_of, written
from modelyard.logs.search import Found, FoundPage, LogSearch, Searches
from modelyard.logs.service import Logging
from modelyard.logs.store import Entry
from modelyard.wire.paging import token_of

COMPARTMENT = "ocid1.compartment.oc98..c"
START = 1_000_000_000_000_000
WINDOW = {"time_start": written(START), "time_end": written(START + 1000)}

_words = st.sampled_from(["a", "ab", "B", "x y", "*", "é", ""])
_data = st.fixed_dictionaries({}, optional={"message": _words, "n": st.integers(-3, 3), "f": st.booleans()})
_entries = st.lists(st.tuples(st.integers(0, 1), st.integers(-2, 1001), _words.filter(bool), _data), max_size=12)


@pytest.fixture
def two_logs(new_log: Callable[..., tuple[str, str]]) -> tuple[str, str, str]:
    """A group with two logs."""
    group, one = new_log()
    _, two = new_log(group)
    return group, one, two


def fill(database: Database, logs: tuple[str, str], made: list[tuple[int, int, str, dict[str, object]]]) -> None:
    with database.write() as tx:
        tx.execute(store.entries.delete())
        store.add_entries(
            tx,
            (
                Entry(
                    log_id=logs[which],
                    time=START + offset,
                    ingested=START,
                    id=str(number),
                    source=source,
                    type="t",
                    subject=None,
                    data=msgspec.json.encode(data),
                )
                for number, (which, offset, source, data) in enumerate(made)
            ),
        )


def all_pages(searches: Searches, query: str, *, limit: int) -> Iterator[FoundPage]:
    page = None
    while True:
        search = LogSearch(query=query, limit=limit, page=page, **WINDOW)
        found = searches.find(search)
        assert len(found.shown) <= limit
        yield found
        if found.next is None:
            return
        page = token_of(search, found.next)


def pages(searches: Searches, query: str, *, limit: int) -> Iterator[Found]:
    for page in all_pages(searches, query, limit=limit):
        yield from page.found


CONDITIONS = {
    "source = 'a*'": lambda source, data: source.lower().startswith("a"),
    "source == 'ab'": lambda source, data: source == "ab",
    "source != 'AB'": lambda source, data: source.lower() != "ab",
    "data.n > 0": lambda source, data: data.get("n", 0) > 0,
    "not data.n <= 0": lambda source, data: not data.get("n", 1) <= 0,
    "data.f = true": lambda source, data: data.get("f") is True,
    "data.message in ('a', 'x*')": lambda source, data: data.get("message", "") in {"a", "x y"},
    "data.message like 'A%'": lambda source, data: data.get("message", "").lower().startswith("a"),
    "data.n = 1 or source = 'b' and data.f = false": lambda source, data: (
        data.get("n") == 1 or (source == "B" and data.get("f") is False)
    ),
    "data.nothing = '*'": lambda source, data: False,
}


@settings(max_examples=60)
@given(
    made=_entries,
    where=st.sampled_from(sorted(CONDITIONS)),
    descending=st.booleans(),
    limit=st.integers(1, 5),
    most=st.one_of(st.none(), st.integers(1, 6)),
)
def test_a_search_finds_what_a_naive_one_finds(
    logging: Logging, two_logs, made, where: str, descending: bool, limit: int, most: int | None
) -> None:
    group, one, two = two_logs
    fill(logging.database, (one, two), made)
    fits = CONDITIONS[where]
    expected = [
        (offset, number) for number, (_, offset, source, data) in enumerate(made)
        if 0 <= offset < 1000 and fits(source, data)
    ]  # fmt: skip
    expected = sorted(expected, reverse=descending)[:most]
    query = f'search "{COMPARTMENT}/{group}" | where {where} | sort by datetime {"desc" if descending else "asc"}'
    query += f" | limit {most}" if most else ""
    found = [each.content["id"] for each in pages(logging.searches, query, limit=limit)]
    assert found == [str(number) for _, number in expected]


@settings(max_examples=40)
@given(made=_entries, descending=st.booleans(), limit=st.integers(1, 5))
def test_a_search_sorts_by_any_field(logging: Logging, two_logs, made, descending: bool, limit: int) -> None:
    _, one, two = two_logs
    fill(logging.database, (one, two), made)
    inside = [(number, data) for number, (_, offset, _, data) in enumerate(made) if 0 <= offset < 1000]
    expected = sorted(((("n" in data), data.get("n", 0), number) for number, data in inside), reverse=descending)
    query = f'search "{COMPARTMENT}" | sort by data.n {"desc" if descending else "asc"}'
    found = [each.content["id"] for each in pages(logging.searches, query, limit=limit)]
    assert found == [str(number) for _, _, number in expected]


@settings(max_examples=60)
@given(
    made=_entries,
    by=st.sampled_from([(), ("data.n",), ("source", "data.message"), ("data.f", "data.nothing")]),
    limit=st.integers(1, 5),
    most=st.one_of(st.none(), st.integers(1, 6)),
)
def test_entries_are_counted_as_naively(
    logging: Logging, two_logs, made, by: tuple[str, ...], limit: int, most: int | None
) -> None:
    group, one, two = two_logs
    fill(logging.database, (one, two), made)
    inside = [{"source": source, **data} for _, offset, source, data in made if 0 <= offset < 1000 and source != "x y"]
    expected = Counter(tuple(entry.get(field.removeprefix("data.")) for field in by) for entry in inside)
    query = f"search '{COMPARTMENT}/{group}' | where source != 'x y' | summarize count() as how_many"
    query += f" by {', '.join(by)}" if by else ""
    query += f" | limit {most}" if most else ""
    shown = [each for page in all_pages(logging.searches, query, limit=limit) for each in page.shown]
    if by:
        found = {tuple(each[field] for field in by): each["how_many"] for each in shown}
        assert len(found) == len(shown) == min(len(expected), most or len(expected))
        assert found.items() <= expected.items()
        numbers = [each["how_many"] for each in shown]
        assert numbers == sorted(expected.values(), reverse=True)[: len(numbers)]
    else:
        assert shown == [{"how_many": len(inside)}]


def test_too_many_values_to_count_are_refused(logging: Logging, two_logs) -> None:
    _, one, two = two_logs
    fill(logging.database, (one, two), [(0, 1, "s", {"n": number}) for number in range(MOST_GROUPS + 1)])
    query = f'search "{COMPARTMENT}" | summarize count() by '
    with pytest.raises(InvalidParameter, match="more than 10000 different values of data"):
        next(all_pages(logging.searches, f"{query} data.n", limit=1))
    (page,) = all_pages(logging.searches, f"{query} source, type", limit=1)
    assert page.shown == [{"source": "s", "type": "t", "count": MOST_GROUPS + 1}]


def test_only_what_is_selected_is_shown(logging: Logging, two_logs) -> None:
    _, one, two = two_logs
    fill(logging.database, (one, two), [(0, 5, "a", {"message": "m", "deep": {"x": [1]}})])
    query = f'search "{COMPARTMENT}" | select datetime, time as at, data.message, data.deep as d, data.nothing, id'
    (page,) = all_pages(logging.searches, query, limit=5)
    assert page.shown == [
        {
            "datetime": START // 1000,
            "at": written(START + 5),
            "data.message": "m",
            "d": {"x": [1]},
            "data.nothing": None,
            "id": "0",
        }
    ]


@pytest.fixture
def one_entry(logging: Logging, two_logs) -> str:
    """Where there is one entry with all sorts of values."""
    group, one, two = two_logs
    data = {"message": 'he said "no"', "tags": ["red", "blue"], "a.b": {"c": 7}, "deep": {"x": None}}
    fill(logging.database, (one, two), [(0, 5, "ocid1.x.abc", data)])
    return f'search "{COMPARTMENT}/{group}/{one}" | where '


@pytest.mark.parametrize(
    "where",
    [
        "source = '*ABC'",
        "logContent.source = 'ocid1.x.abc'",
        "LOGCONTENT.Source = 'ocid1.x.abc'",
        "logContent = '*said*'",
        "'he said \"NO\"'",
        "'blue'",
        "data.tags = 'red'",
        "data.a.b.c = 7",
        "data.a.b.c = '7'",
        "data.a.b.c in (1, 7.0)",
        "data.deep.x != 'anything'",
        "data.missing !== 1",
        "subject = ''",
        "datetime = '2001-09-09T01:46:40.000005Z'",
        "datetime >= '2001-09-09T01:46' and time < '2001-09-10'",
        "datetime >= 1000000000000",
        "specversion = '1.0' and oracle.tenantid = 't'",
    ],
)
def test_a_field_is_compared(logging: Logging, one_entry: str, where: str) -> None:
    assert len(list(pages(logging.searches, one_entry + where, limit=5))) == 1
    assert list(pages(logging.searches, f"{one_entry} not ({where})", limit=5)) == []


@given(st.text("ab*", max_size=12), st.text("abAB", max_size=12))
def test_wildcards_stand_for_any_text(pattern: str, text: str) -> None:
    import fnmatch

    from modelyard.logs.matching import test_of
    from modelyard.logs.query import Comparison

    holds = test_of(Comparison("data.x", "=", pattern))({"data": {"x": text}})
    assert holds == fnmatch.fnmatchcase(text.lower(), pattern.lower())


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_moment_that_is_written_is_read_as_it_was(value: int) -> None:
    assert moment_of(written(value)) == value


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "9" * 60])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment_of(text) is None


def test_a_search_says_what_is_not_there(logging: Logging, two_logs) -> None:
    group, one, _ = two_logs
    for scope in (f"c/{group}", f"{COMPARTMENT}/x", f"{COMPARTMENT}/{group}/x", f"{COMPARTMENT}/x/{one}"):
        with pytest.raises(NotFound):
            list(pages(logging.searches, f'search "{scope}"', limit=1))
    assert list(pages(logging.searches, 'search "c"', limit=1)) == []


@pytest.mark.parametrize("value", ["x", '["x"]', "[[3,1],0,0]", '[[2,"x"],0,0]', "[[2,1e300],0,0]", "[[2,1],-1,0]"])
def test_a_forged_page_is_refused(logging: Logging, two_logs, value: str) -> None:
    from modelyard.wire.paging import Cursor

    search = LogSearch(query=f'search "{COMPARTMENT}"', **WINDOW)
    forged = msgspec.structs.replace(search, page=token_of(search, Cursor(value, "")))
    with pytest.raises(InvalidParameter, match="no token"):
        logging.searches.find(forged)
