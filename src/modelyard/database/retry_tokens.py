"""Retry tokens: a create that is sent again within a day gives the same resource."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import microseconds
from modelyard.errors import InvalidatedRetryToken, InvalidParameter
from modelyard.wire.operation import Call

LIFETIME = timedelta(hours=24)
_LONGEST = 64

retry_tokens = sa.Table(
    "retry_tokens",
    metadata,
    sa.Column("caller", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("request_digest", sa.Text, nullable=False),
    sa.Column("resource_id", sa.Text, nullable=False),
    sa.Column("time_created", sa.BigInteger, nullable=False, index=True),
)


def check_token(token: str | None) -> None:
    """Raise InvalidParameter for a retry token that is too long, or empty."""
    if token is not None and not 0 < len(token) <= _LONGEST:
        raise InvalidParameter(f"opc-retry-token has {len(token)} characters; it takes 1 to {_LONGEST}.")


class Repeatable:
    """Be one create that may be repeated: who asks for what, by which token."""

    def __init__(self, *, caller: str, token: str | None, operation: str, request: bytes) -> None:
        check_token(token)
        self._caller = caller
        self._token = token
        self._operation = operation
        self._digest = hashlib.sha256(request).hexdigest()

    @classmethod
    def of(cls, call: Call, operation: str) -> Repeatable:
        """Return the create that a call is."""
        # of a stream, what was announced: its bytes are not here yet
        content = call.body if call.stream is None else [call.digest, call.headers.get("content-length")]
        request = msgspec.json.encode([sorted(call.path.items()), content])
        return cls(caller=call.caller, token=call.retry_token, operation=operation, request=request)

    def earlier(self, tx: sa.Connection, now: datetime) -> str | None:
        """Return the id of the resource that the same request made before; None if it is the first.

        Raises:
            InvalidatedRetryToken: The token was used for another request.
        """
        if self._token is None:
            return None
        tx.execute(retry_tokens.delete().where(retry_tokens.c.time_created < microseconds(now - LIFETIME)))
        row = tx.execute(
            sa.select(retry_tokens).where(retry_tokens.c.caller == self._caller, retry_tokens.c.token == self._token)
        ).first()
        if row is None:
            return None
        if (row.operation, row.request_digest) != (self._operation, self._digest):
            raise InvalidatedRetryToken("The retry token was used for another request: use a new one for each request.")
        return str(row.resource_id)

    def remember(self, tx: sa.Connection, resource_id: str, now: datetime) -> None:
        """Keep what this request made."""
        if self._token is not None:
            tx.execute(
                retry_tokens.insert().values(
                    caller=self._caller,
                    token=self._token,
                    operation=self._operation,
                    request_digest=self._digest,
                    resource_id=resource_id,
                    time_created=microseconds(now),
                )
            )
