"""The members of a model group: who may be one, and what a clone's patch makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from modelyard.catalog import lookup
from modelyard.errors import InvalidParameter, LimitExceeded
from modelyard.resources.model_group import (
    MemberModelDetails,
    ModelGroupDetails,
    PatchInsertNewMemberModels,
    PatchModelGroupMemberModelDetails,
    StackedModelGroupDetails,
)

MOST_MEMBERS = 500
"""The most members that a group may have."""


def check(tx: sa.Connection, details: ModelGroupDetails, members: Sequence[MemberModelDetails]) -> None:
    """Raise for members that no group can have.

    Raises:
        InvalidParameter: There are none, or a model or an inference key is there twice.
        LimitExceeded: There are too many.
        RelatedResourceNotFound: A model, or the base model, is not there.
    """
    if not members:
        raise InvalidParameter("memberModelEntries.memberModelDetails is empty: name at least one model.")
    if len(members) > MOST_MEMBERS:
        raise LimitExceeded(f"The group has {len(members)} members; {MOST_MEMBERS} are allowed.")
    _refuse_twice("The model", [member.model_id for member in members])
    _refuse_twice("The inference key", [member.inference_key for member in members if member.inference_key])
    for member in members:
        lookup.related_model(tx, member.model_id)
    if isinstance(details, StackedModelGroupDetails):
        lookup.related_model(tx, details.base_model_id)


def patched(
    members: Sequence[MemberModelDetails], patch: PatchModelGroupMemberModelDetails | None
) -> list[MemberModelDetails]:
    """Return the members after a patch, whose steps follow one another.

    Raises:
        InvalidParameter: A model to be removed is no member.
    """
    found = list(members)
    for step in (patch.items if patch else None) or ():
        if isinstance(step, PatchInsertNewMemberModels):
            found += step.values
            continue
        gone = {member.model_id for member in step.values}
        if unknown := gone - {member.model_id for member in found}:
            raise InvalidParameter(f"{min(unknown)} cannot be removed: it is no member of the group.")
        found = [member for member in found if member.model_id not in gone]
    return found


def _refuse_twice(what: str, values: Sequence[str]) -> None:
    twice = {value for value in values if values.count(value) > 1}
    if twice:
        raise InvalidParameter(f"{what} {min(twice)!r} is in the group twice.")
