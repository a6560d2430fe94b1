"""One predict request: checked, given to a worker, answered."""

from __future__ import annotations

import time

from modelyard.errors import (
    GatewayTimeout,
    LengthRequired,
    MethodNotAllowed,
    MethodNotImplemented,
    NotFound,
    PayloadTooLarge,
    ServiceUnavailable,
    WireError,
)
from modelyard.gateway.access_log import AccessLog
from modelyard.gateway.answers import CLOSE, CONTINUE, KEEP, Answers, length_line, without_body
from modelyard.gateway.endpoint import Worker
from modelyard.gateway.exchange import Client, Request
from modelyard.gateway.fleet import Fleet
from modelyard.logs.spool import AccessLine
from modelyard.serving.frames import LONGEST_CONTENT_TYPE, LONGEST_PAYLOAD, Frame
from modelyard.settings import Settings

DEPLOYMENTS = b"/ocid1.datasciencemodeldeployment."
_STREAMED = b"predictWithResponseStream"
_LONGEST_LOGGED = 2048  # bytes of a request's target
_MOST_HELD = 1 << 30  # bytes of the bodies of all connections together
_DRAINED_AT_MOST = 1 << 20  # a refused body smaller than this is read, so that the connection can be used again


class Predictions:
    """Be what all predictions of a gateway share."""

    def __init__(self, *, fleet: Fleet, settings: Settings, answers: Answers) -> None:
        self.fleet = fleet
        self.answers = answers
        self.limit = min(settings.predict_limit, LONGEST_PAYLOAD - LONGEST_CONTENT_TYPE)
        self.timeout = settings.predict_timeout
        self.verify = settings.verify_signatures
        self.access_log = AccessLog(settings.spool)
        self.most_held = max(_MOST_HELD, 4 * self.limit)
        self.held = 0
        """The bytes of all bodies that came in several pieces, which are the large ones, in memory now."""

        self.open: dict[Prediction, float] = {}
        """When each must be answered, by the monotonic clock; the first is due first."""

    def sweep(self, now: float) -> None:
        """Fail what has taken too long."""
        while self.open:
            prediction, due = next(iter(self.open.items()))
            if due > now:
                return
            prediction.fail(GatewayTimeout(f"The model did not answer within {self.timeout:g} seconds."))


class Prediction:
    """Be one predict request, as an exchange of its connection and as a call on its endpoint."""

    __slots__ = (
        "_began", "_begun", "_client", "_complete", "_held", "_key_id", "_received", "_refusal", "_request", "_shared",
        "_size", "body", "content_type", "deadline_ms", "fields", "given", "over",
    )  # fmt: skip

    def __init__(self, request: Request, client: Client, shared: Predictions) -> None:
        self._request = request
        self._client = client
        self._shared = shared
        self._began = time.monotonic()
        self._begun = False
        self._complete = False
        self._key_id = ""
        self._received: bytes | bytearray = b""
        self._size = 0
        self._held = 0
        self.fields = request.fields
        self._refusal = self._refuse_head()
        self.given = False
        self.over = False
        self.body = b""
        self.content_type = b""
        self.deadline_ms = 0

    # ── as an exchange ───────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Answer as soon as the request is complete, or at once where its head is enough to refuse it."""
        self._begun = True
        if self._complete:
            self._run()
        elif self._refusal is not None:
            self._refuse_early()
        elif self._request.expects_continue and not self._size:
            self._client.write(CONTINUE)

    def feed(self, data: bytes) -> None:
        """Keep a part of the body."""
        if self._refusal is not None:
            return
        if not self._size:
            self._received = data
        else:
            if isinstance(self._received, bytes):
                self._received = bytearray(self._received)  # not a list: parts may have a byte each
            self._received += data
            self._held += len(data)
            self._shared.held += len(data)
            if self._shared.held > self._shared.most_held:
                self._give_up(ServiceUnavailable("The gateway holds as many bytes of requests as it may. Try again."))
                return
        self._size += len(data)
        if self._size > self._shared.limit:  # chunked: no length said so before
            self._give_up(self._too_large(f"over {self._shared.limit}"))

    def complete(self) -> None:
        """Run the request, if it is its turn."""
        self._complete = True
        if self._begun and not self.over:
            self._run()

    def abandon(self) -> None:
        """Let a call that waits be skipped and one that runs be answered to nobody."""
        self._end()

    def pause(self) -> None:
        """Do nothing: the answer is one piece."""

    def resume(self) -> None:
        """Do nothing: the answer is one piece."""

    def wait_no_longer(self) -> None:
        """Answer now, unless a worker has the call already: most clients that end what they send have gone."""
        if not self.given:
            self.fail(ServiceUnavailable("The client ended its side of the connection while the request waited."))

    # ── as a call ────────────────────────────────────────────────────────────────────────────────────────────────────

    def answer(self, frame: Frame, worker: Worker) -> None:
        """Send the worker's answer, head and body in one write."""
        self._end()
        shared = self._shared
        client = self._client
        close = client.closing or not self._request.keep_alive
        request_id = shared.answers.request_id(self.fields.get("opc-request-id"))
        client.write(
            b"%b%b%bopc-request-id: %b\r\n%b\r\n%b"
            % (
                worker.head(frame.number, frame.content_type),
                length_line(frame.number, len(frame.body)),
                shared.answers.date,
                request_id,
                CLOSE if close else KEEP if self._request.http_1_0 else b"",
                frame.body,
            )
        )
        client.finish(close=close)
        if shared.fleet.access_logs:
            self._log(frame.number, size=len(frame.body), request_id=request_id, worker=worker)

    def fail(self, error: WireError) -> None:
        """Send an error in the place of an answer."""
        self._end()
        shared = self._shared
        request = self._request
        close = self._client.closing or not request.keep_alive or not self._complete or request.http_1_0
        request_id = shared.answers.request_id(self.fields.get("opc-request-id"))
        answer = shared.answers.fault(error, request_id=request_id, close=close)
        self._client.write(without_body(answer) if request.method == b"HEAD" else answer)
        self._client.finish(close=close)
        if shared.fleet.access_logs:
            size = len(answer) - answer.index(b"\r\n\r\n") - 4
            self._log(error.status, size=size, request_id=request_id, worker=None)

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        shared = self._shared
        try:
            if self._refusal is not None:
                raise self._refusal
            self.body = body = bytes(self._received)
            self._received = b""
            now = time.time()
            if shared.verify:
                self._key_id = shared.fleet.verifier.check(
                    method="POST",
                    target=self._request.target.decode("utf-8", "surrogateescape"),
                    headers=self.fields,
                    body=body,
                    now=now,
                )
            self.content_type = self.fields.get("content-type", "").encode("utf-8", "surrogateescape")[
                :LONGEST_CONTENT_TYPE
            ]
            self.deadline_ms = int((now + shared.timeout) * 1000)
            shared.open[self] = time.monotonic() + shared.timeout
            endpoint = shared.fleet.find(self._request.target.partition(b"?")[0], self.fields)
            if endpoint is None:
                raise NotFound(f"No model deployment {self._ocid()} is here, or it is not yours.")
            if endpoint.refusal is not None:
                self.fail(endpoint.refusal)
            else:
                endpoint.submit(self)
        except WireError as error:
            self.fail(error)

    def _end(self) -> None:
        """Wait for nothing more, and hold no body: a call may stand in a queue long after its client has gone."""
        self.over = True
        self.body = self._received = b""
        if self._held:
            self._let_go()
        self._shared.open.pop(self, None)

    def _let_go(self) -> None:
        self._shared.held -= self._held
        self._held = 0

    def _give_up(self, refusal: WireError) -> None:
        """Keep no more of the body, and say why as soon as that can be said."""
        self._refusal = refusal
        self._received = b""
        self._let_go()
        if self._begun:
            self._refuse_early()

    def _log(self, status: int, *, size: int, request_id: bytes, worker: Worker | None) -> None:
        """Write a line into the deployment's access log, if it has one."""
        request = self._request
        deployment_id = self._ocid()
        log_id = self._shared.fleet.access_logs.get(deployment_id)
        if log_id is None:
            return
        line = AccessLine(
            log_id=log_id,
            deployment_id=deployment_id,
            time=time.time_ns() // 1000,
            method=request.method.decode("ascii", "replace"),
            path=request.target[:_LONGEST_LOGGED].decode("utf-8", "replace"),
            status=status,
            request_bytes=self._size,
            response_bytes=size,
            latency_ms=round((time.monotonic() - self._began) * 1000, 3),
            request_id=request_id.decode("utf-8", "replace"),
            client_address=self._client.peer,
            user_id=self._key_id.split("/")[1] if self._key_id else "",
            model_id=worker.model_id if worker is not None else "",
            replica_id=worker.replica_id if worker is not None else "",
        )
        self._shared.access_log.add(line)

    def _ocid(self) -> str:
        return self._request.target.split(b"/")[1].decode("ascii", "replace")

    def _refuse_head(self) -> WireError | None:
        """Return what is wrong with the request as far as its head tells."""
        request = self._request
        operation = request.target.partition(b"?")[0].split(b"/", 2)[-1]
        if operation == _STREAMED:
            return MethodNotImplemented("Streamed predictions are not implemented; POST to /predict instead.")
        if request.method != b"POST":
            return MethodNotAllowed(f"{request.method.decode('ascii')} is not allowed on /predict: POST the data.")
        if request.length is None and not request.chunked:
            return LengthRequired("A predict request needs a content-length.")
        if request.length is not None and request.length > self._shared.limit:
            return self._too_large(str(request.length))
        return None

    def _too_large(self, size: str) -> PayloadTooLarge:
        return PayloadTooLarge(
            f"The body has {size} bytes, the limit is {self._shared.limit}; send fewer rows at a time."
        )

    def _refuse_early(self) -> None:
        """Answer before the body has come, unless it is short: then the connection can be used again."""
        assert self._refusal is not None
        request = self._request
        if request.chunked or (request.length or 0) > _DRAINED_AT_MOST or request.expects_continue:
            self.fail(self._refusal)
