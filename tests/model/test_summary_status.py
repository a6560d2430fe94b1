"""The table of what is done."""

from __future__ import annotations

import pytest

from modelyard.model.generic_model import GenericModel, SummaryStatus
from modelyard.model.summary_status import Facts, rows_of


def statuses(facts: Facts) -> list[str]:
    return [row.status for row in rows_of(facts)]


def test_at_the_start_there_is_only_preparing_to_do() -> None:
    assert statuses(Facts()) == ["Done", *["Available"] * 4, *["Not Available"] * 5]


def test_once_prepared_the_next_steps_are_available() -> None:
    assert statuses(Facts(is_prepared=True)) == ["Done"] * 5 + ["Available"] * 3 + ["Not Available"] * 2


def test_what_somebody_else_prepared_needs_no_preparing() -> None:
    assert statuses(Facts(is_loaded=True))[1:6] == ["Not Applicable"] * 4 + ["Available"]


def test_the_state_of_the_deployment_is_shown() -> None:
    served = statuses(Facts(is_prepared=True, is_saved=True, deployment_state="ACTIVE"))
    assert served[-2:] == ["ACTIVE", "Available"]
    failed = statuses(Facts(is_prepared=True, is_saved=True, deployment_state="FAILED"))
    assert failed[-2:] == ["FAILED", "Not Available"]


def test_a_failed_introspection_says_what_to_do() -> None:
    row = next(row for row in rows_of(Facts(is_prepared=True, introspection="Failed")) if "Introspect" in row.detail)
    assert (row.status, row.action) == ("Failed", "Call introspect() and fix what it reports.")


def test_a_model_file_that_is_the_users_needs_action() -> None:
    row = next(row for row in rows_of(Facts(is_prepared=True, is_serialized=False)) if row.detail == "Serialized model")
    assert row.status == "Needs Action"


def test_the_table_has_the_form_of_the_reference() -> None:
    table = SummaryStatus().df
    assert table.index.names == ["Step", "Status", "Details"]
    assert list(table.columns) == ["Actions Needed"]
    assert len(table) == 10


def test_what_the_user_writes_stands_until_the_step_moves_on() -> None:
    status = SummaryStatus()
    status.update_action("Deployed the model", "ask Ann first")
    status.update_status("Deployed the model", "Needs Action")
    row = status.rows[-2]
    assert (row.status, row.action) == ("Needs Action", "ask Ann first")
    status.follow(Facts(is_prepared=True, is_saved=True, deployment_state="ACTIVE"))
    row = status.rows[-2]
    assert (row.status, row.action) == ("ACTIVE", "")


def test_a_row_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="No row of the summary has the detail 'Lunch'"):
        GenericModel().update_summary_status("Lunch", "Done")
