"""A prediction, and what made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from modelyard.errors import InternalServerError

if TYPE_CHECKING:
    from modelyard.client.transport import Answer


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Be what made a prediction."""

    model_id: str | None
    artifact: str | None
    """The digest of the artifact's bytes: ``sha256:…``."""

    environment: str | None
    git_commit: str | None
    request_id: str | None


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Be a prediction and what made it."""

    value: dict[str, object]
    origin: Origin


def prediction_of(answer: Answer) -> Prediction:
    """Return the prediction that an endpoint's answer is.

    Raises:
        InternalServerError: It is not JSON.
    """
    return Prediction(
        value=_json_object(answer.body),
        origin=Origin(
            model_id=answer.headers.get("modelyard-model"),
            artifact=answer.headers.get("modelyard-artifact"),
            environment=answer.headers.get("modelyard-environment"),
            git_commit=answer.headers.get("modelyard-git-commit"),
            request_id=answer.headers.get("opc-request-id"),
        ),
    )


def _json_object(body: bytes) -> dict[str, object]:
    try:
        value: dict[str, object] = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise InternalServerError(f"The endpoint's answer is not JSON: {error}. It begins {body[:200]!r}.") from None
    return value
