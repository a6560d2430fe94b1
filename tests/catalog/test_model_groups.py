"""Model groups and their version histories: what is left to name when a group goes."""

from __future__ import annotations

import pytest

from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import RelatedResourceNotFound
from modelyard.resources.model_group import (
    CreateModelGroupDetails,
    CreateModelGroupVersionHistoryDetails,
    HeterogeneousModelGroupDetails,
    MemberModelDetails,
    MemberModelEntries,
    UpdateModelGroupVersionHistoryDetails,
)
from modelyard.wire.paging import ListQuery


def once() -> Repeatable:
    return Repeatable(caller="user", token=None, operation="any", request=b"")


def history_with(yard, groups: int) -> tuple[str, list[str]]:
    """Make a version history with so many groups; return its id and theirs."""
    project_id = yard.project().noun.id
    details = CreateModelGroupVersionHistoryDetails(compartment_id="c", project_id=project_id)
    history = yard.catalog.group_histories.create(details, caller="user", again=once()).noun.id
    member = MemberModelDetails(model_id=yard.model(project_id=project_id).noun.id)
    wanted = CreateModelGroupDetails(
        compartment_id="c",
        project_id=project_id,
        model_group_version_history_id=history,
        model_group_details=HeterogeneousModelGroupDetails(),
        member_model_entries=MemberModelEntries(member_model_details=[member]),
    )
    service = yard.catalog.model_groups
    return history, [service.create(wanted, caller="user", again=once())[0].noun.id for _ in range(groups)]


def test_the_latest_of_a_history_is_the_newest_that_is_left(yard) -> None:
    history, (first, second, third) = history_with(yard, 3)

    def latest() -> str | None:
        return yard.catalog.group_histories.get(history).noun.latest_model_group_id

    assert latest() == third
    yard.catalog.model_groups.delete(first, if_match=None)
    assert latest() == third
    yard.catalog.model_groups.delete(third, if_match=None)
    assert latest() == second
    yard.catalog.model_groups.delete(second, if_match=None)
    assert latest() is None


def test_a_deleted_group_cannot_be_the_latest(yard) -> None:
    history, (first, _second) = history_with(yard, 2)
    yard.catalog.model_groups.delete(first, if_match=None)
    details = UpdateModelGroupVersionHistoryDetails(latest_model_group_id=first)
    with pytest.raises(RelatedResourceNotFound, match="has no model group"):
        yard.catalog.group_histories.update(history, details, if_match=None)


def test_a_deleted_group_has_no_models(yard) -> None:
    _history, (first, second) = history_with(yard, 2)
    service = yard.catalog.model_groups
    service.delete(first, if_match=None)
    assert service.list_models(first, ListQuery(), {})[1].nouns == []
    assert len(service.list_models(second, ListQuery(), {})[1].nouns) == 1
