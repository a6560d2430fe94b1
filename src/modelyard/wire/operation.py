"""An operation of the REST API as data: what a route table is made of, free of any web framework."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from modelyard.resources.noun import Noun

N = TypeVar("N", bound=Noun)

ByteStream = AsyncIterator[bytes]

DATA_SCIENCE = "/20190101"
"""The base path of data science, and of every operation that names no other."""

_ROW = "__operation__"


@dataclass(frozen=True, kw_only=True)
class Call:
    """Be one request, after its signature was checked and its parts were decoded."""

    path: Mapping[str, str]
    """The parameters in the path, by the names that the route gives them."""

    query: Noun | None = None
    """The query parameters, as the operation's query noun."""

    body: Noun | None = None
    """The body, as the operation's request noun."""

    stream: ByteStream | None = None
    """The body of an operation that takes bytes; consumed once."""

    headers: Mapping[str, str]
    """The headers, names in lower case."""

    caller: str
    """The user OCID behind the key that signed."""

    request_id: str

    digest: str | None = None
    """The base64 SHA-256 of the streamed body, where the client signed one."""

    def query_as(self, noun: type[N]) -> N:
        """Return the query as the noun that the route table declares."""
        assert isinstance(self.query, noun)
        return self.query

    def body_as(self, noun: type[N]) -> N:
        """Return the body as the noun that the route table declares."""
        assert isinstance(self.body, noun)
        return self.body

    @property
    def if_match(self) -> str | None:
        """The etag that the caller has seen, if it wants to be sure."""
        return self.headers.get("if-match")

    @property
    def retry_token(self) -> str | None:
        """The token by which a repeated create is known."""
        return self.headers.get("opc-retry-token")


@dataclass(frozen=True, kw_only=True)
class Content:
    """Be bytes to send: ``open()`` gives them in pieces, ``length`` says how many there are."""

    length: int
    open: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Be the answer to a call."""

    status: int = 200
    body: Noun | list[Noun] | str | None = None
    content: Content | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Reply]
StreamHandler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Be one row of the route table."""

    name: str
    """The operation's name in the official SDK, such as ``create_model``."""

    method: str
    path: str
    """The path below the base path, with parameters in braces: ``/models/{model_id}``."""

    base_path: str = DATA_SCIENCE
    """What the path is below: each of the services that the wire knows has one."""

    is_signed: bool = True
    """Whether a request must be signed; where not, it carries another proof, and its handler checks that."""

    is_body_signed: bool = True
    """Whether the signature of a request with a body must cover it; the official clients leave some out."""

    handler: Handler | None = None
    """The function that answers; it may block, and runs in a thread."""

    stream_handler: StreamHandler | None = None
    """The coroutine that answers an operation whose body is a stream."""

    query: type[Noun] | None = None
    request: type[Noun] | None = None
    response: type[Noun] | None = None
    is_list: bool = False
    status: int = 200
    summary: str = ""
    needs_bytes: bool = False
    """Whether a stream without a byte is refused."""

    not_implemented: str = ""
    """What the wire has here and this service answers 501 to."""


M = TypeVar("M", bound="Callable[..., object]")


def operation(
    method: str,
    path: str,
    *,
    query: type[Noun] | None = None,
    request: type[Noun] | None = None,
    response: type[Noun] | None = None,
    is_list: bool = False,
    status: int = 200,
    is_signed: bool = True,
    is_body_signed: bool = True,
    needs_bytes: bool = False,
    not_implemented: str = "",
) -> Callable[[M], M]:
    """Make a method the handler of an operation: its name is the operation's, its docstring the summary.

    A coroutine method takes the body as a stream; any other may block. See :class:`Operation` for the arguments.
    """

    def declare(handler: M) -> M:
        row = Operation(
            name=handler.__name__,
            method=method,
            path=path,
            query=query,
            request=request,
            response=response,
            is_list=is_list,
            status=status,
            is_signed=is_signed,
            is_body_signed=is_body_signed,
            needs_bytes=needs_bytes,
            not_implemented=not_implemented,
            summary=(handler.__doc__ or "").partition("\n")[0],
        )
        setattr(handler, _ROW, row)
        return handler

    return declare


def operations_of(handlers: object, *, base_path: str = DATA_SCIENCE) -> list[Operation]:
    """Return the operations whose handlers are an object's methods, in the order of their definition."""
    table = []
    for name, function in vars(type(handlers)).items():
        row: Operation | None = getattr(function, _ROW, None)
        if row is None:
            continue
        row = replace(row, base_path=base_path)
        bound = getattr(handlers, name)
        is_stream = inspect.iscoroutinefunction(function)
        table.append(replace(row, stream_handler=bound) if is_stream else replace(row, handler=bound))
    return table
