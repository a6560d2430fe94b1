"""Signed HTTP: requests that are repeated where that is safe, and faults that come back as exceptions."""

from __future__ import annotations

import random
import secrets
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

from modelyard._version import __version__
from modelyard.client.profile import Profile, is_loopback
from modelyard.client.retries import RETRIED_STATUSES, RetryPolicy
from modelyard.errors import ServiceUnreachable
from modelyard.wire.faults import fault_of
from modelyard.wire.signing import sign

if TYPE_CHECKING:
    import httpx

BASE_PATH = "/20190101"

_JSON = "application/json"
_HEADERS = {"user-agent": f"modelyard/{__version__}", "accept": "*/*", "accept-encoding": "identity"}
_SAFE_METHODS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Say how long to wait for a connection and for each piece of an answer, in seconds."""

    connect: float = 10.0
    answer: float = 120.0


@dataclass(frozen=True, kw_only=True)
class Request:
    """Be a request before it is signed."""

    method: str
    path: str
    """The path with the base path, or a whole URL."""

    query: Mapping[str, str] | None = None
    body: bytes | None = None
    content_type: str = _JSON
    stream: Callable[[], Iterator[bytes]] | None = None
    """Opens a body that is sent in pieces; called once for each attempt. Its digest is not signed."""

    length: int = 0
    """How many bytes the stream has."""

    headers: Mapping[str, str] | None = None
    retry_token: str | None = None
    """Makes a repeated create safe: the service answers the second with what the first one made."""

    answer_timeout: float | None = None
    is_idempotent: bool = False
    """Whether sent twice it does what it does once, by its nature."""

    is_bulk: bool = False
    """Whether so many bytes go or come that they take the shortest way there is."""

    @property
    def is_repeatable(self) -> bool:
        """Whether a second one does nothing that the first one has not done."""
        return self.method in _SAFE_METHODS or self.is_idempotent or self.retry_token is not None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Be an answer that was read whole; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def new_retry_token() -> str:
    """Return a token that no other create has."""
    return secrets.token_urlsafe(24)


class Transport:
    """Send signed requests to one endpoint over connections that are kept."""

    def __init__(
        self,
        profile: Profile,
        *,
        timeouts: Timeouts | None = None,
        retries: RetryPolicy | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.profile = profile
        self._timeouts = timeouts or Timeouts()
        self._retries = retries or RetryPolicy()
        self._clock = clock
        self._sleep = sleep
        self._making = threading.Lock()
        self._closing: list[Callable[[], object]] = []

    def send(self, request: Request) -> Answer:
        """Return the answer to a request.

        Raises:
            WireError: The service answered with a fault: the class of errors.py that it stands for.
            ServiceUnreachable: Nobody answered.
        """
        with self.stream(request) as response:
            return Answer(status=response.status_code, headers=response.headers, body=response.read())

    @contextmanager
    def stream(self, request: Request) -> Iterator[httpx.Response]:
        """Give the answer to a request before its body is read; raises as :meth:`send` does."""
        import httpx

        response = self._answered(request)
        try:
            yield response
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections."""
        for close in self._closing:
            close()
        self._closing.clear()
        for name in ("_http", "_bulk"):
            self.__dict__.pop(name, None)

    @cached_property
    def _http(self) -> httpx.Client:
        import httpx

        return self._kept(
            httpx.Client(
                headers=_HEADERS,
                # A proxy in the environment is for addresses outside, and plain http needs no list of authorities.
                trust_env=not self.profile.is_loopback,
                verify=self.profile.endpoint.startswith("https:"),
            )
        )

    @cached_property
    def _bulk(self) -> httpx.Client:
        if not self.profile.endpoint.startswith("http:") or _needs_proxy(self.profile.endpoint):
            return self._http
        import httpx

        from modelyard.client.plain_http import PlainHttp

        return self._kept(
            httpx.Client(headers=_HEADERS, transport=PlainHttp(service_socket=self.profile.service_socket))
        )

    def _kept(self, http: httpx.Client) -> httpx.Client:
        self._closing.append(weakref.finalize(self, http.close))  # a client that nobody closed leaves no socket behind
        return http

    def _answered(self, request: Request) -> httpx.Response:
        import httpx

        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            retry_after = None
            problem: Exception
            try:
                response = self._attempt(request)
            except httpx.TransportError as error:
                problem = self._unreachable(error)
                # Not connected: nobody has seen the request. Anything later: somebody may have.
                again = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) or request.is_repeatable
            else:
                if response.status_code < 300:
                    return response
                problem, retry_after = _fault(response)
                again = response.status_code in RETRIED_STATUSES
            pause = self._retries.pause(attempt=attempt, chance=random.random(), waited=waited, retry_after=retry_after)
            if not again or pause is None:
                raise problem
            self._sleep(pause)
            waited += pause

    def _attempt(self, request: Request) -> httpx.Response:
        import httpx

        url = self._url(request)
        headers = dict(request.headers or {})
        headers["opc-request-id"] = secrets.token_hex(16).upper()
        if request.retry_token is not None:
            headers["opc-retry-token"] = request.retry_token
        host = url.netloc.decode("ascii")
        target = url.raw_path.decode("ascii")
        has_body = request.method in {"POST", "PUT", "PATCH"} and request.stream is None
        body = (request.body or b"") if has_body else None
        headers |= sign(
            key=self.profile.identity.private_key(),
            key_id=self.profile.identity.key_id,
            method=request.method,
            target=target,
            host=host,
            now=self._clock(),
            content_type=request.content_type,
            body=body,
        )
        content: bytes | Iterator[bytes] | None = body
        if request.stream is not None:
            headers |= {"content-length": str(request.length), "content-type": request.content_type}
            content = request.stream()
        with self._making:  # threads that send their first bulk at once have one client
            http = self._bulk if request.is_bulk else self._http
        built = http.build_request(
            request.method,
            url,
            headers=httpx.Headers(headers, encoding="utf-8"),  # names of models may have any letter
            content=content,
            timeout=self._timeout(request),
        )
        return http.send(built, stream=True)

    def _timeout(self, request: Request) -> httpx.Timeout:
        import httpx

        return httpx.Timeout(request.answer_timeout or self._timeouts.answer, connect=self._timeouts.connect)

    def _url(self, request: Request) -> httpx.URL:
        import httpx

        base = "" if request.path.startswith(("http://", "https://")) else self.profile.endpoint
        query = f"?{urlencode(request.query)}" if request.query else ""
        return httpx.URL(f"{base}{request.path}{query}")

    def _unreachable(self, error: Exception) -> ServiceUnreachable:
        what = str(error) or type(error).__name__
        advice = (
            "Start it with `modelyard up`; `modelyard status` tells how it stands."
            if is_loopback(self.profile.endpoint)
            else "Check MODELYARD_ENDPOINT and the network between here and there."
        )
        return ServiceUnreachable(f"No answer from {self.profile.endpoint} ({what}). {advice}")


def _needs_proxy(endpoint: str) -> bool:
    """Tell whether the environment has a proxy for an endpoint with plain http."""
    proxies = getproxies()
    host = urlsplit(endpoint).hostname or ""
    return bool({"http", "all"} & proxies.keys()) and not is_loopback(endpoint) and not proxy_bypass(host)


def _fault(response: httpx.Response) -> tuple[Exception, str | None]:
    try:
        body = response.read()
    finally:
        response.close()
    headers = response.headers
    error = fault_of(status=response.status_code, body=body, request_id=headers.get("opc-request-id"))
    return error, headers.get("retry-after")
