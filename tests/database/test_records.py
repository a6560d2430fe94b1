"""Rows that hold nouns: etags, filters, and pages that stay right while others write."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule

from modelyard.catalog.rest.projects import ListProjects
from modelyard.catalog.store import projects
from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.errors import EtagMismatch, InvalidParameter
from modelyard.lifecycle import ProjectState
from modelyard.resources.project import Project
from modelyard.wire.paging import Cursor, cursor_of, filters_of, token_of


def _page(database: Database, query: ListProjects):
    with database.read() as tx:
        return projects.page(tx, query, filters_of(query))


def test_a_noun_comes_back_with_its_etag(database: Database, project) -> None:
    noun = project(description="é\0\n", freeform_tags={"a": "b"}, defined_tags={"n": {"k": [1, None]}})
    with database.write() as tx:
        stored = projects.add(tx, noun)
    with database.read() as tx:
        assert projects.find(tx, noun.id) == stored
        assert projects.find(tx, "other") is None


def test_each_change_has_an_etag_of_its_own(database: Database, project) -> None:
    noun = project()
    with database.write() as tx:
        etags = [projects.add(tx, noun).etag]
        for _ in range(3):
            etags.append(projects.replace(tx, noun, if_match=etags[-1]).etag)
    assert len(set(etags)) == 4


def test_a_change_of_what_has_changed_since_is_refused(database: Database, project) -> None:
    noun = project()
    with database.write() as tx:
        first = projects.add(tx, noun).etag
        projects.replace(tx, noun, if_match=first)
    with pytest.raises(EtagMismatch), database.write() as tx:
        projects.replace(tx, msgspec.structs.replace(noun, display_name="late"), if_match=first)
    with database.read() as tx:
        found = projects.find(tx, noun.id)
    assert found is not None
    assert found.noun.display_name == "p"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "edcba"),
        ({"sort_order": "ASC"}, "abcde"),
        ({"sort_by": "timeCreated", "sort_order": "DESC"}, "edcba"),
        ({"sort_by": "displayName"}, "badec"),
        ({"sort_by": "displayName", "sort_order": "DESC"}, "cedab"),
        ({"lifecycle_state": ProjectState.DELETED}, "d"),
        ({"display_name": "n2"}, "a"),
        ({"display_name": "n"}, ""),
        ({"created_by": "u'; DROP TABLE projects; --"}, ""),
    ],
    ids=str,
)
def test_lists_are_filtered_and_sorted(database: Database, project, query: dict[str, object], expected: str) -> None:
    names = {"a": "n2", "b": "n1", "c": "n9", "d": "n3", "e": "n4"}
    with database.write() as tx:
        for number, (id, name) in enumerate(names.items()):
            noun = project(id=id, display_name=name)
            state = ProjectState.DELETED if id == "d" else ProjectState.ACTIVE
            time = noun.time_created + timedelta(microseconds=number)
            projects.add(tx, msgspec.structs.replace(noun, time_created=time, lifecycle_state=state))
        projects.add(tx, project(id="x", compartment_id="other"))
    page = _page(database, ListProjects(compartment_id="c", **query))
    assert "".join(noun.id for noun in page.nouns) == expected
    assert page.next is None


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_the_last_page_says_that_it_is_the_last(database: Database, project, count: int) -> None:
    with database.write() as tx:
        for _ in range(count):
            projects.add(tx, project())
    query = ListProjects(compartment_id="c", limit=2)
    sizes, cursor = [], None
    while True:
        page = _page(database, msgspec.structs.replace(query, page=cursor))
        sizes.append(len(page.nouns))
        if page.next is None:
            break
        cursor = token_of(query, page.next)
    assert sizes == {0: [0], 1: [1], 2: [2], 3: [2, 1], 4: [2, 2], 5: [2, 2, 1]}[count]


@pytest.mark.parametrize(("sort_by", "value"), [("timeCreated", "text"), ("displayName", 5)])
def test_a_token_with_the_place_of_another_kind_is_refused(database: Database, sort_by, value) -> None:
    query = ListProjects(compartment_id="c", sort_by=sort_by)
    with pytest.raises(InvalidParameter, match="no token"):
        _page(database, msgspec.structs.replace(query, page=token_of(query, Cursor(value, "id"))))


class Pages(RuleBasedStateMachine):
    """List page by page while others write: nothing twice, nothing left out that was there all the time, in order."""

    listings = Bundle("listings")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "yard.db")
        migrate(self.database)
        self.rows: dict[str, Project] = {}
        self.touched: dict[str, int] = {}
        self.clock = 0

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    def _touch(self, noun: Project) -> None:
        self.clock += 1
        self.rows[noun.id] = noun
        self.touched[noun.id] = self.clock

    @initialize(count=st.integers(0, 8))
    def fill(self, count: int) -> None:
        for number in range(count):
            self.add(minute=number // 2, name="ab"[number % 2])

    @rule(minute=st.integers(0, 4), name=st.sampled_from(["", "a", "b", "é", "a\0"]))
    def add(self, minute: int, name: str) -> None:
        noun = Project(
            id=hashlib.sha256(b"%d" % len(self.rows)).hexdigest(),  # the same in each run: rows of one key go by it
            time_created=datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(minutes=minute),
            display_name=name,
            compartment_id="c",
            created_by="u",
            lifecycle_state=ProjectState.ACTIVE,
        )
        with self.database.write() as tx:
            projects.add(tx, noun)
        self._touch(noun)

    @rule(which=st.integers(0), name=st.sampled_from(["0", "b", "z"]), state=st.sampled_from(list(ProjectState)))
    def change(self, which: int, name: str, state: ProjectState) -> None:
        if not self.rows:
            return
        noun = list(self.rows.values())[which % len(self.rows)]
        noun = msgspec.structs.replace(noun, display_name=name, lifecycle_state=state)
        with self.database.write() as tx:
            projects.replace(tx, noun)
        self._touch(noun)

    @rule(
        target=listings,
        limit=st.integers(1, 4),
        sort_by=st.sampled_from([None, "timeCreated", "displayName"]),
        order=st.sampled_from([None, "ASC", "DESC"]),
        state=st.sampled_from([None, ProjectState.ACTIVE]),
    )
    def begin(self, limit: int, sort_by, order, state):
        query = ListProjects(compartment_id="c", limit=limit, sort_by=sort_by, sort_order=order, lifecycle_state=state)
        return self._turn(query, [], self.clock)

    @rule(target=listings, listing=consumes(listings))
    def turn(self, listing):
        query, seen, began = listing
        return self._turn(query, seen, began)

    def _turn(self, query: ListProjects, seen: list[Project], began: int):
        page = _page(self.database, query)
        assert len(page.nouns) <= query.limit
        seen = [*seen, *page.nouns]
        keys = [self._key(query, noun) for noun in seen]
        descending = query.sort_order == "DESC" if query.sort_order else query.sort_by != "displayName"
        assert keys == sorted(keys, reverse=descending)
        assert len(set(keys)) == len(keys)
        if page.next is not None:
            after = msgspec.structs.replace(query, page=token_of(query, page.next))
            assert cursor_of(after, of=int if query.sort_by != "displayName" else str) == page.next
            return after, seen, began
        there_all_the_time = {
            id
            for id, noun in self.rows.items()
            if self.touched[id] <= began and query.lifecycle_state in {None, noun.lifecycle_state}
        }
        assert there_all_the_time <= {noun.id for noun in seen}
        return multiple()

    @staticmethod
    def _key(query: ListProjects, noun: Project) -> tuple[object, str]:
        return (noun.display_name if query.sort_by == "displayName" else noun.time_created, noun.id)


Pages.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestPages = Pages.TestCase
