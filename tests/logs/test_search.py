"""Search, against a naive search through lists."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.database.engine import Database
from modelyard.errors import InvalidParameter, NotFound
from modelyard.logs import store
from modelyard.logs.counting import MOST_BYTES, MOST_GROUPS
from modelyard.logs.ingestion import DEEPEST
from modelyard.logs.moments import moment_of, written
from modelyard.logs.search import MOST, Found, FoundPage, LogSearch, Searches
from modelyard.logs.service import Logging
from modelyard.logs.store import Entry
from modelyard.resources.log_ingestion import LogEntry, LogEntryBatch, PutLogsDetails
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


def test_the_pages_of_entries_in_the_order_of_long_texts_have_tokens_for_headers(logging: Logging, two_logs) -> None:
    group, one, two = two_logs
    texts = [str(number) + "\x00" * 60_000 for number in (2, 0, 1)]
    fill(logging.database, (one, two), [(0, 5, "s", {"message": text}) for text in texts])
    search = LogSearch(query=f'search "{COMPARTMENT}/{group}" | sort by data.message', limit=1, **WINDOW)
    behind = logging.searches.find(search).next
    assert behind is not None
    assert len(token_of(search, behind)) < 8000
    found = [each.content["id"] for each in pages(logging.searches, search.query, limit=1)]
    assert found == ["1", "2", "0"]


def test_a_search_that_sorts_does_not_hold_what_it_will_not_show(logging: Logging, two_logs) -> None:
    _, one, two = two_logs
    text = "x" * 100_000
    fill(logging.database, (one, two), [(0, 5, "s", {"message": text, "n": number}) for number in range(700)])
    search = LogSearch(query=f'search "{COMPARTMENT}" | sort by data.n', limit=MOST, **WINDOW)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidParameter, match="result is too large"):
            logging.searches.find(search)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * len(text)


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


def test_too_large_values_to_count_are_refused(logging: Logging, two_logs) -> None:
    _, one, two = two_logs
    size = MOST_BYTES // 100
    made = [(0, 1, "s", {"message": f"{number % 101}" * size, "n": number % 3}) for number in range(101)]
    fill(logging.database, (one, two), made)
    query = f'search "{COMPARTMENT}" | summarize count() by '
    with pytest.raises(InvalidParameter, match=f"or {MOST_BYTES} bytes of them"):
        next(all_pages(logging.searches, f"{query} data.message", limit=1))
    (page,) = all_pages(logging.searches, f"{query} data.n", limit=3)
    assert [each["count"] for each in page.shown] == [34, 34, 33]


def test_a_search_that_takes_too_long_ends_in_the_words_that_make_clients_search_less(database, two_logs) -> None:
    _, one, two = two_logs
    fill(database, (one, two), [(0, 1, "s", {})])
    for stage in ("sort by data.n", "sort by datetime", "summarize count()"):
        with pytest.raises(InvalidParameter, match="result is too large: 0 s were enough for 0 entries"):
            next(all_pages(Searches(database, patience=0), f'search "{COMPARTMENT}" | {stage}', limit=1))


@pytest.mark.parametrize("text", ['{"a":' * 990 + "1" + "}" * 990, '{"a":' + "[" * 480 + "1" + "]" * 480 + "}"])
@pytest.mark.parametrize("stage", ["where 'zz' or data.a != 'zz'", "sort by data.a", "summarize count() by data.a"])
def test_an_entry_that_is_nested_too_deep_is_text_and_breaks_no_search(
    logging: Logging, two_logs, text: str, stage: str
) -> None:
    _, one, _ = two_logs
    deep = "[" * (DEEPEST - 2) + "1" + "]" * (DEEPEST - 2)
    entries = [LogEntry(data=each, id="1") for each in (text, f'{{"a":{deep}}}')]
    at = datetime.fromtimestamp(START / 1_000_000, tz=timezone.utc)
    batch = LogEntryBatch(entries=entries, source="s", type="t", defaultlogentrytime=at)
    logging.ingestion.put(one, PutLogsDetails(specversion="1.0", log_entry_batches=[batch]))
    assert len([each for page in all_pages(logging.searches, f'search "{COMPARTMENT}" | {stage}', limit=5)
                for each in page.shown]) == 2  # fmt: skip
    found = [each.content["data"] for each in pages(logging.searches, f'search "{COMPARTMENT}" | sort by id', limit=5)]
    assert found == [{"message": text}, {"a": msgspec.json.decode(deep)}]


@pytest.fixture
def one_entry(logging: Logging, two_logs) -> str:
    """Where there is one entry with all sorts of values."""
    group, one, two = two_logs
    data = {
        "message": 'he said "no"',
        "tags": ["red", "blue"],
        "ns": 1763868000123456789,
        "a.b": {"c": 7},
        "deep": {"x": None},
    }
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
        "data.ns = 1763868000123456789",
        "data.ns < 1763868000123456790 and data.ns > 1763868000123456788",
        f"data.ns < {'9' * 300} and data.ns > -{'9' * 300}",
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
