"""Nouns in, nouns out: what every operation of the service has in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec

from modelyard.client.transport import BASE_PATH, Answer, Request, Transport, new_retry_token
from modelyard.errors import InternalServerError, UsageError
from modelyard.resources.noun import Noun, wire_name
from modelyard.wire.codec import encode

N = TypeVar("N", bound=Noun)

WORK_REQUEST_HEADER = "opc-work-request-id"


class Endpoint:
    """Make requests of nouns, and nouns of answers."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def get(self, noun: type[N], *path: str) -> N:
        """Return a resource."""
        return decode(self._send("GET", path), noun)

    def pages(self, noun: type[N], *path: str, query: Mapping[str, object | None]) -> Iterator[N]:
        """Give every item of a list, asking for the next page when it is needed."""
        asked = _written(query)
        while True:
            answer = self._send("GET", path, query=asked)
            yield from _decode(answer, list[noun])  # type: ignore[valid-type]
            token = answer.headers.get("opc-next-page")
            if not token:
                return
            asked["page"] = token

    def create(self, details: Noun, *path: str, retry_token: str | None = None) -> Answer:
        """Post what a new resource is to be; sent twice, it is still made once."""
        return self._send("POST", path, body=encode(details), retry_token=retry_token or new_retry_token())

    def update(self, details: Noun, *path: str, if_match: str | None) -> Answer:
        """Put what is to change of a resource."""
        return self._send("PUT", path, body=encode(details), if_match=if_match)

    def act(self, *path: str, query: Mapping[str, object | None] | None = None, if_match: str | None) -> Answer:
        """Post an action without a body."""
        return self._send("POST", path, query=_written(query or {}), if_match=if_match)

    def delete(self, *path: str, query: Mapping[str, object | None] | None = None, if_match: str | None) -> Answer:
        """Delete a resource."""
        return self._send("DELETE", path, query=_written(query or {}), if_match=if_match)

    def head(self, *path: str) -> Answer:
        """Return the headers of a resource."""
        return self._send("HEAD", path)

    def _send(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        retry_token: str | None = None,
        if_match: str | None = None,
    ) -> Answer:
        return self.transport.send(
            Request(
                method=method,
                path=path_of(*path),
                query=query,
                body=body,
                headers={"if-match": if_match} if if_match is not None else None,
                retry_token=retry_token,
            )
        )


def path_of(*parts: str) -> str:
    """Return a path below the base path; what a caller gave as an OCID cannot leave its place.

    Raises:
        UsageError: A part is empty or no text: without it, the path would be that of something else.
    """
    for part in parts:
        if not isinstance(part, str) or not part:
            raise UsageError(f"This asks for one of {parts[0]}, and its OCID or name is {part!r}: is it saved yet?")
    return "/".join([BASE_PATH, *(quote(part, safe="") for part in parts)])


def decode(answer: Answer, noun: type[N]) -> N:
    """Return the noun that an answer's body is."""
    return _decode(answer, noun)


def decode_list(answer: Answer, noun: type[N]) -> list[N]:
    """Return the nouns that an answer's body is a list of."""
    return _decode(answer, list[noun])  # type: ignore[valid-type]


def work_request_of(answer: Answer) -> str:
    """Return the work request by which to follow what an answer promises."""
    work_request_id = answer.headers.get(WORK_REQUEST_HEADER)
    if not work_request_id:
        raise InternalServerError(f"The service accepted the request and named no work request ({answer.status}).")
    return work_request_id


def _written(query: Mapping[str, object | None]) -> dict[str, str]:
    return {wire_name(name): str(value) for name, value in query.items() if value is not None}


T = TypeVar("T")


def _decode(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InternalServerError(
            f"The service's answer is not what this version of modelyard understands: {error}. "
            f"It begins with {answer.body[:200]!r}."
        ) from None
