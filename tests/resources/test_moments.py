"""Moments that clients give: with a zone or in UTC, and nothing else is one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import InvalidParameter
from modelyard.resources.noun import Noun, zoned
from modelyard.resources.object_storage import CreatePreauthenticatedRequestDetails
from modelyard.resources.streaming import CreateCursorDetails, UpdateGroupDetails
from modelyard.wire.codec import decode

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
GIVEN = [
    (CreatePreauthenticatedRequestDetails, {"name": "p", "accessType": "AnyObjectRead"}, "timeExpires"),
    (CreateCursorDetails, {"partition": "0", "type": "AT_TIME"}, "time"),
    (UpdateGroupDetails, {"type": "AT_TIME"}, "time"),
]


@pytest.mark.parametrize(("noun", "fields", "name"), GIVEN)
@pytest.mark.parametrize("text", ["2026-01-31T12:00:00", "2026-01-31T12:00:00Z", "2026-01-31T14:00:00.000+02:00"])
def test_a_moment_without_a_zone_is_utc(noun: type[Noun], fields: dict[str, str], name: str, text: str) -> None:
    details = decode(json.dumps({**fields, name: text}).encode(), noun)
    assert zoned(getattr(details, "time_expires" if name == "timeExpires" else name)) == NOON


@pytest.mark.parametrize(("noun", "fields", "name"), GIVEN)
@pytest.mark.parametrize("text", ["2026-01-31", "tomorrow", "", "12:00", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_told_how_to_write_one(
    noun: type[Noun], fields: dict[str, str], name: str, text: str
) -> None:
    with pytest.raises(InvalidParameter, match=rf"^{name}: no moment in RFC 3339: write it like 2026-01-31T12:00:00Z"):
        decode(json.dumps({**fields, name: text}).encode(), noun)


@given(
    st.datetimes(timezones=st.none() | st.builds(timezone, st.timedeltas(-timedelta(hours=23), timedelta(hours=23))))
)
def test_any_moment_has_a_zone_and_stays_the_same(moment: datetime) -> None:
    found = zoned(moment)
    assert found.tzinfo is not None
    assert found == moment if moment.tzinfo else found.replace(tzinfo=None) == moment
