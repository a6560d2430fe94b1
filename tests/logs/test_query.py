"""The log query language: what is a query, what it means, and what is said of what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import InvalidParameter
from modelyard.logs.query import (
    MOST_SCOPES,
    Among,
    Comparison,
    Condition,
    Containing,
    Count,
    Not,
    Query,
    Scope,
    Selected,
    Value,
    parse,
)
from modelyard.wire.conditions import Both, Either
from modelyard.wire.query_words import DEEPEST, MOST_COMPARISONS

C = Scope("c")
A, B = Comparison("a", "=", "1"), Comparison("b", "!=", 2)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ('search "c"', Query(scopes=(C,))),
        ("SEARCH 'c/g/l', \"d/h\"", Query(scopes=(Scope("c", "g", "l"), Scope("d", "h")))),
        ("search \"c\" | where a = '1'", Query(scopes=(C,), condition=A)),
        ("search \"c\" | WHERE a='1' AND b!=2", Query(scopes=(C,), condition=Both((A, B)))),
        ("search \"c\" | where a = '1' | where b != 2", Query(scopes=(C,), condition=Both((A, B)))),
        ("search \"c\" | where not (a='1' or b!=2)", Query(scopes=(C,), condition=Not(Either((A, B))))),
        (
            "search \"c\" | where data.x in (1, 'b', true)",
            Query(scopes=(C,), condition=Among("data.x", (1, "b", True))),
        ),
        ("search \"c\" | where data.x like '%b'", Query(scopes=(C,), condition=Comparison("data.x", "like", "%b"))),
        ('search "c" | where data.x >= -1.5', Query(scopes=(C,), condition=Comparison("data.x", ">=", -1.5))),
        ("search \"c\" | 'timeout'", Query(scopes=(C,), condition=Containing("timeout"))),
        ("search \"c\" | where 'timeout' and a = '1'", Query(scopes=(C,), condition=Both((Containing("timeout"), A)))),
        ('search "c" | sort by time', Query(scopes=(C,), sort_by="time", descending=False)),
        ('search "c" | SORT BY datetime DESC | limit 5', Query(scopes=(C,), limit=5)),
        (
            'search "c" | select source, data.n AS number',
            Query(scopes=(C,), select=(Selected("source", "source"), Selected("data.n", "number"))),
        ),
        ('search "c" | limit 5 | select a', Query(scopes=(C,), limit=5, select=(Selected("a", "a"),))),
        ('search "c" | summarize count()', Query(scopes=(C,), count=Count())),
        (
            "search \"c\" | where a = '1' | SUMMARIZE COUNT ( ) as n BY source, type | limit 2",
            Query(scopes=(C,), condition=A, count=Count(("source", "type"), "n"), limit=2),
        ),
    ],
)
def test_a_query_is_read(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "character 1 nothing more, which is not 'search'"),
        ("select it", "character 1 'select it', which is not 'search'"),
        ("search", "not where to search"),
        ("search compartment", "character 8 'compartment', which is not where to search"),
        ('search "a/b/c/d"', 'not "compartment", "compartment/log group"'),
        ('search "a//c"', 'not "compartment", "compartment/log group"'),
        ('search "c" where', "not the end, or | and another stage"),
        ('search "c" |', "not where, sort by or summarize, limit, or select"),
        (
            'search "c" | extend a as b',
            "which is not where, sort by or summarize, limit, or select, the stages there are",
        ),
        ('search "c" | summarize avg(data.n)', "'avg(data.n)', which is not count(), the only thing"),
        ('search "c" | summarize count(data.n)', "'data.n)', which is not count(), the only thing"),
        ('search "c" | summarize count() by', "not a field"),
        ('search "c" | summarize count() as', "not a name"),
        ('search "c" | summarize count() | select a', "once and in this order"),
        ('search "c" | sort by a | summarize count()', "once and in this order"),
        ('search "c" | select', "not a field"),
        ('search "c" | select a | limit 1', "once and in this order"),
        ('search "c" | select *', "nothing that a query may have"),
        (f'search "c" | select {", ".join(["a"] * 51)}', "names 51 fields in one stage; 50 are the most"),
        ('search "c" | where', "not a field, or a text in quotes"),
        ('search "c" | where a', "not one of ==, =, !=="),
        ('search "c" | where a = b', "character 24 'b', which is not a value"),
        ('search "c" | where a = \'b', 'character 24 "\'b", which is a text without its closing quote'),
        ("search \"c\" | where (a = 'b'", "not a closing parenthesis"),
        ('search "c" | where a in 1', "not an opening parenthesis"),
        ('search "c" | sort time', "not 'by'"),
        ('search "c" | limit many', "not a whole number"),
        ('search "c" | limit 0', "not a number from 1"),
        ('search "c" | limit 1 | where a = 1', "once and in this order"),
        ('search "c" | limit 1 | limit 2', "once and in this order"),
        ('search "c"; drop table', "nothing that a query may have"),
    ],
)
def test_what_is_no_query_is_said_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse(text)
    assert says in caught.value.message


@given(st.text(), st.sampled_from(["", 'search "c" ', 'search "c" | where ', "search 'c' | where a = "]))
def test_any_text_is_a_query_or_an_error_of_ours(text: str, before: str) -> None:
    try:
        parse(before + text)
    except InvalidParameter:
        pass


_WORDS = [
    *("search", "where", "and", "or", "not", "in", "like", "sort", "by", "desc", "limit", "true"),
    *("select", "summarize", "count", "as"),
    *("(", ")", ",", "|", "=", "!=", "<", "'c'", '"d/e"', "1", "-2.5", "a", "data.b"),
]


@given(st.lists(st.sampled_from(_WORDS)))
def test_any_order_of_its_words_is_a_query_or_an_error_of_ours(words: list[str]) -> None:
    try:
        parse(" ".join(words))
    except InvalidParameter:
        pass


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _quoted(value) if isinstance(value, str) else repr(value)


def _printed(condition: Condition) -> str:
    if isinstance(condition, Comparison):
        return f"{condition.field} {condition.comparator} {_value(condition.value)}"
    if isinstance(condition, Among):
        return f"{condition.field} in ({', '.join(map(_value, condition.values))})"
    if isinstance(condition, Containing):
        return _quoted(condition.text)
    if isinstance(condition, Not):
        return f"not ({_printed(condition.part)})"
    word = " and " if isinstance(condition, Both) else " or "
    return word.join(f"({_printed(part)})" for part in condition.parts)


_KEYWORDS = {"in", "like", "and", "or", "not", "true", "false", "asc", "desc"}
_fields = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True).filter(
    lambda name: name.lower() not in _KEYWORDS
)
_values = st.one_of(
    st.text(max_size=8),
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.decimals(-1000, 1000, places=3).map(float).filter(lambda value: "e" not in repr(value)),
)
_leaves = st.one_of(
    st.builds(Comparison, _fields, st.sampled_from(["=", "!=", "==", "!==", "<", "<=", ">", ">=", "like"]), _values),
    st.builds(Among, _fields, st.lists(_values, min_size=1, max_size=3).map(tuple)),
    st.builds(Containing, st.text(max_size=8)),
)
_conditions = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Both, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(_conditions, _fields, st.booleans(), st.one_of(st.none(), st.integers(1, 1000)))
def test_a_query_that_is_written_down_is_read_as_it_was(
    condition: Condition, sort_by: str, descending: bool, limit: int | None
) -> None:
    order = "desc" if descending else "asc"
    text = f"search 'c/g' | where {_printed(condition)} | sort by {sort_by} {order}"
    text += f" | limit {limit}" if limit else ""
    assert parse(text) == Query(
        scopes=(Scope("c", "g"),), condition=condition, sort_by=sort_by, descending=descending, limit=limit
    )


def test_a_query_has_limits() -> None:
    deep = DEEPEST + 1
    with pytest.raises(InvalidParameter, match="deep"):
        parse(f'search "c" | where {"(" * deep}a = 1{")" * deep}')
    with pytest.raises(InvalidParameter, match="deep"):
        parse(f'search "c" | where {"not " * 100_000}a = 1')
    with pytest.raises(InvalidParameter, match="comparisons"):
        parse('search "c" | where ' + " or ".join(["a = 1"] * (MOST_COMPARISONS + 1)))
    with pytest.raises(InvalidParameter, match="comparisons"):
        parse('search "c" | where a in (' + ", ".join(["1"] * (MOST_COMPARISONS + 1)) + ")")
    with pytest.raises(InvalidParameter, match="places"):
        parse("search " + ", ".join(['"c"'] * (MOST_SCOPES + 1)))
