"""Retry tokens: the same request twice makes one thing, for a day."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.database.retry_tokens import LIFETIME, Repeatable, retry_tokens
from modelyard.errors import InvalidatedRetryToken, InvalidParameter

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def asked(**changes) -> Repeatable:
    request = {"caller": "u", "token": "t", "operation": "create_model", "request": b"{}", **changes}
    return Repeatable(**request)


def make(database: Database, again: Repeatable, id: str, now: datetime = NOON) -> str:
    """Create a thing as a service does: once for each token."""
    with database.write() as tx:
        if earlier := again.earlier(tx, now):
            return earlier
        again.remember(tx, id, now)
        return id


def test_the_same_request_again_is_the_same_resource(database: Database) -> None:
    assert make(database, asked(), "first") == make(database, asked(), "second") == "first"


def test_without_a_token_every_request_is_new(database: Database) -> None:
    assert make(database, asked(token=None), "first") == "first"
    assert make(database, asked(token=None), "second") == "second"


@pytest.mark.parametrize("change", [{"request": b"[]"}, {"operation": "create_project"}], ids=str)
def test_a_token_that_was_used_for_another_request_is_refused(database: Database, change) -> None:
    make(database, asked(), "first")
    with pytest.raises(InvalidatedRetryToken):
        make(database, asked(**change), "second")


def test_tokens_of_two_callers_do_not_meet(database: Database) -> None:
    make(database, asked(), "first")
    assert make(database, asked(caller="v", request=b"[]"), "second") == "second"


@pytest.mark.parametrize(("age", "same"), [(LIFETIME, True), (LIFETIME + timedelta(microseconds=1), False)])
def test_a_token_lasts_a_day(database: Database, age: timedelta, same: bool) -> None:
    make(database, asked(), "first")
    assert (make(database, asked(), "second", NOON + age) == "first") is same


def test_an_old_token_may_be_used_for_anything(database: Database) -> None:
    make(database, asked(), "first")
    later = NOON + LIFETIME * 2
    assert make(database, asked(request=b"[]"), "second", later) == "second"
    with database.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(retry_tokens)).scalar_one() == 1


def test_a_create_that_failed_may_be_tried_again_with_its_token(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as tx:
        asked().remember(tx, "first", NOON)
        raise RuntimeError
    assert make(database, asked(), "second") == "second"


@pytest.mark.parametrize("token", ["", "x" * 65])
def test_a_token_of_a_wrong_length_is_refused(token: str) -> None:
    with pytest.raises(InvalidParameter, match=f"opc-retry-token has {len(token)} characters"):
        asked(token=token)


def test_many_at_once_with_one_token_make_one_thing(database: Database) -> None:
    begin = threading.Barrier(8)
    made: list[str] = []

    def run(number: int) -> None:
        begin.wait(10)
        made.append(make(database, asked(), str(number)))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 8
    assert len(set(made)) == 1
