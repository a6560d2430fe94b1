"""Every filter with every sort is read from an index in its order: a page costs the same wherever it begins."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import pytest
import sqlalchemy as sa

from modelyard.catalog import store
from modelyard.catalog.rest.models import ListModels
from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.wire.paging import Cursor, filters_of, token_of

WIRE = {"time_created": "timeCreated", "display_name": "displayName", "lifecycle_state": "lifecycleState"}
VALUES = {"lifecycle_state": "ACTIVE", "category": "USER"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """An empty database."""
    database = Database(Path(tmp_path_factory.mktemp("plans")) / "yard.db")
    migrate(database)
    yield database
    database.close()


def plan_of(database: Database, query: ListModels) -> list[str]:
    """Return how the database would read a page."""
    statements: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    with database.read() as tx:
        sa.event.listen(tx, "before_cursor_execute", note)
        store.models.page(tx, query, filters_of(query))
    ((statement, parameters),) = statements
    with database.read() as tx:
        return [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize("sort", store.MODEL_SORTS)
@pytest.mark.parametrize("name", [None, *store.MODEL_FILTERS])
def test_a_page_is_read_in_the_order_of_an_index(database, name: str | None, sort: str, order: str) -> None:
    asked = {} if name is None else {name: VALUES.get(name, "x")}
    first = ListModels(compartment_id="c", **asked, sort_by=WIRE[sort], sort_order=order)
    cursor = Cursor(5 if sort == "time_created" else "m", "id")
    for query in (first, ListModels(**{**_fields(first), "page": token_of(first, cursor)})):
        (step,) = plan_of(database, query)  # a second one would sort
        wanted = f"ix_models_{sort}" if name in {None, sort} else f"ix_models_{name}_by_{sort}"
        assert f"USING INDEX {wanted} " in step


@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize("sort", store.MODEL_SORTS)
def test_the_models_of_a_project_in_one_state_are_read_without_the_others(database, sort: str, order: str) -> None:
    asked = {"project_id": "p", "lifecycle_state": "DELETED", "sort_by": WIRE[sort], "sort_order": order}
    first = ListModels(compartment_id="c", **asked)
    cursor = Cursor(5 if sort == "time_created" else "m", "id")
    for query in (first, ListModels(**{**_fields(first), "page": token_of(first, cursor)})):
        (step,) = plan_of(database, query)
        wanted = "project_id_by_lifecycle_state" if sort == "lifecycle_state" else f"project_and_state_by_{sort}"
        assert f"USING INDEX ix_models_{wanted} (compartment_id=? AND project_id=? AND lifecycle_state=?" in step


@pytest.mark.parametrize("count", [2, 3])
def test_filters_together_are_never_sorted_by(database, count: int) -> None:
    for names, sort, order in product(combinations(store.MODEL_FILTERS, count), store.MODEL_SORTS, ("ASC", "DESC")):
        asked = {name: VALUES.get(name, "x") for name in names}
        steps = plan_of(database, ListModels(compartment_id="c", **asked, sort_by=WIRE[sort], sort_order=order))
        assert len(steps) == 1, (names, sort, order, steps)


def test_of_several_filters_the_most_telling_one_is_begun_with(database) -> None:
    query = ListModels(compartment_id="c", project_id="p", category="USER", created_by="u")
    (step,) = plan_of(database, query)
    assert "ix_models_project_id_by_time_created" in step
    query = ListModels(compartment_id="c", project_id="p", display_name="n", lifecycle_state="ACTIVE")
    (step,) = plan_of(database, query)
    assert "ix_models_display_name_by_time_created" in step


def _fields(query: ListModels) -> dict[str, object]:
    return {name: getattr(query, name) for name in query.__struct_fields__}
