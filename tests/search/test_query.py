"""The query language: what is a query, what it means, and what is said of what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import InvalidParameter
from modelyard.search.query import Comparison, Query, fields_of, parse
from modelyard.wire.conditions import Both, Either
from modelyard.wire.query_words import DEEPEST, MOST_COMPARISONS

A, B, C = Comparison("a", "=", "1"), Comparison("b", "!=", "2"), Comparison("c", "==", "3")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("query all resources", Query(types=("all",))),
        ("QUERY DataScienceModel RESOURCES", Query(types=("datasciencemodel",))),
        ("query x, y resources", Query(types=("x", "y"))),
        ("query x resources where a = '1'", Query(types=("x",), condition=A)),
        ("query x resources where a='1'&&b!='2'", Query(types=("x",), condition=Both((A, B)))),
        ('query x resources where a = "1" and b != "2"', Query(types=("x",), condition=Both((A, B)))),
        ("query x resources where a='1'||b!='2'&&c=='3'", Query(types=("x",), condition=Either((A, Both((B, C)))))),
        (
            "query x resources where (a='1' or b!='2') && c=='3'",
            Query(types=("x",), condition=Both((Either((A, B)), C))),
        ),
        ("query x resources sorted by timeCreated", Query(types=("x",), sort_by="timeCreated")),
        (
            "query x resources where a='1' sorted by displayName desc",
            Query(types=("x",), condition=A, sort_by="displayName", descending=True),
        ),
    ],
)
def test_a_query_is_read(text: str, query: Query) -> None:
    assert parse(text) == query


@given(st.text())
def test_a_value_may_have_anything_in_it(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    assert parse(f"query x resources where a = '{quoted}'").condition == Comparison("a", "=", value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "character 1 nothing more, which is not 'query'"),
        ("select it", "character 1 'select it', which is not 'query'"),
        ("query", "not a resource type"),
        ("query x", "not 'resources'"),
        ("query x resources where", "not a field"),
        ("query x resources where a", "not one of =, !=, == and !=="),
        ("query x resources where a = b", "character 29 'b', which is not a value in quotes"),
        ("query x resources where a = 'b", "without its closing quote"),
        ("query x resources where a = 'b' c", "not the end"),
        ("query x resources where (a = 'b'", "not a closing parenthesis"),
        ("query x resources; drop table", "character 18 '; drop table', which is nothing that a query may have"),
        ("query x resources sorted", "not 'by'"),
    ],
)
def test_what_is_no_query_is_said_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse(text)
    assert says in caught.value.message


@given(st.text())
def test_any_text_is_a_query_or_an_error_of_ours(text: str) -> None:
    for candidate in (text, f"query x resources where {text}"):
        try:
            parse(candidate)
        except InvalidParameter:
            pass


def test_parentheses_have_a_limit() -> None:
    deep = DEEPEST + 1
    with pytest.raises(InvalidParameter, match="deep"):
        parse("query x resources where " + "(" * deep + "a='1'" + ")" * deep)
    with pytest.raises(InvalidParameter, match="deep"):
        parse("query x resources where " + "(" * 100_000)


def test_comparisons_have_a_limit() -> None:
    many = " && ".join(["a='1'"] * MOST_COMPARISONS)
    assert isinstance(parse(f"query x resources where {many}").condition, Both)
    with pytest.raises(InvalidParameter, match=f"more than {MOST_COMPARISONS}"):
        parse(f"query x resources where {many} && a='1'")


def test_the_fields_of_a_condition_are_found() -> None:
    condition = parse("query x resources where (A='1' || b='2') && lifecycleState='x'").condition
    assert fields_of(condition) == {"a", "b", "lifecyclestate"}
    assert fields_of(None) == frozenset()
