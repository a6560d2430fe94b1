"""Forwarding: bytes pass over one connection that is never used when it might be closing."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.serving.forwarding import Forwarder, status_of

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
REFUSAL = b"HTTP/1.1 413 Too Large\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nno"
LARGE = b"x" * (16 << 20)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answer each request with what it is told, and remember what came over which connection."""

    def __init__(self) -> None:
        self.answer: Callable[[socket.socket], None] = lambda to: to.sendall(OK)
        self.requests: list[tuple[int, bytes]] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _accept(self) -> None:
        served = []
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                break
            self.connections += 1
            self._open.append(sock)
            served.append(threading.Thread(target=self._serve, args=(sock, self.connections)))
            served[-1].start()
        for sock in self._open:
            with closing(sock):
                if sock.fileno() >= 0:
                    _shut(sock)
        for thread in served:
            thread.join()

    def _serve(self, sock: socket.socket, number: int) -> None:
        data = b""
        while True:
            try:
                more = sock.recv(1 << 20)
            except OSError:
                return
            if not more:
                return
            data += more
            head, end, body = data.partition(b"\r\n\r\n")
            length = int(dict(_fields(head)).get(b"content-length", b"0")) if end else 0
            if end and len(body) >= length:
                self.requests.append((number, data))
                data = b""
                self.answer(sock)


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.lower(), value.strip()


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that says ok."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def forwarder(server: Server) -> Iterator[Forwarder]:
    """What passes requests on to it."""
    made = Forwarder(server.port, timeout=0.5)
    yield made
    made.close()


def code_of(body: bytes) -> str:
    return str(json.loads(body)["code"])


def test_one_connection_takes_one_request_after_another(server: Server, forwarder: Forwarder) -> None:
    for _ in range(3):
        assert forwarder(b"x/y; z", b"body") == (200, b"a/b", b"ok")
    assert [number for number, _ in server.requests] == [1, 1, 1]
    first = server.requests[0][1]
    assert first.startswith(b"POST /predict HTTP/1.1\r\n")
    assert b"\r\nContent-Type: x/y; z\r\n" in first
    assert first.endswith(b"\r\n\r\nbody")


def test_a_body_without_a_type_is_json(server: Server, forwarder: Forwarder) -> None:
    forwarder(b"", b"1")
    assert b"\r\nContent-Type: application/json\r\n" in server.requests[0][1]


def test_a_connection_that_the_container_closes_is_not_used_again(server: Server, forwarder: Forwarder) -> None:
    closed = threading.Event()

    def answer_once(to: socket.socket) -> None:
        to.sendall(OK)
        _shut(to)
        closed.set()

    server.answer = answer_once
    for _ in range(3):
        assert forwarder(b"", b"1")[0] == 200
        assert closed.wait(5)
        closed.clear()
    assert server.connections == 3


def test_a_connection_that_was_idle_for_long_is_not_used_again(server: Server) -> None:
    now = [100.0]
    forwarder = Forwarder(server.port, timeout=5, clock=lambda: now[0])
    for pause in (0.0, 0.9, 1.1):
        now[0] += pause
        assert forwarder(b"", b"1")[0] == 200
    forwarder.close()
    assert [number for number, _ in server.requests] == [1, 1, 2]


@pytest.mark.parametrize(
    "said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"], ids=["nothing", "?", "half"]
)
def test_a_container_that_breaks_off_is_told_as_503_and_asked_again_later(
    server: Server, forwarder: Forwarder, said: bytes
) -> None:
    def break_off(to: socket.socket) -> None:
        to.sendall(said)
        _shut(to)

    server.answer = break_off
    status, _, body = forwarder(b"", b"1")
    assert (status, code_of(body)) == (503, "ServiceUnavailable")
    assert len(server.requests) == 1  # it may have begun: it is not sent twice
    server.answer = lambda to: to.sendall(OK)
    assert forwarder(b"", b"1")[0] == 200


def test_a_container_that_says_nothing_is_told_as_504(server: Server, forwarder: Forwarder) -> None:
    server.answer = lambda _: None
    status, _, body = forwarder(b"", b"1")
    assert (status, code_of(body)) == (504, "GatewayTimeout")
    server.answer = lambda to: to.sendall(OK)
    assert forwarder(b"", b"1")[0] == 200


def test_nobody_at_the_port_is_told_as_503(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert Forwarder(port, timeout=1)(b"", b"1")[0] == 503


def test_a_type_that_is_folded_comes_out_as_one_line(server: Server, forwarder: Forwarder) -> None:
    server.answer = lambda to: to.sendall(OK.replace(b"a/b", b"a/b;\r\n  x=y"))
    assert forwarder(b"", b"1") == (200, b"a/b; x=y", b"ok")
    server.answer = lambda to: to.sendall(b"HTTP/1.1 204 Gone\r\n\r\n")
    assert forwarder(b"", b"1") == (204, b"", b"")


def test_no_request_gets_the_answer_to_the_one_before_it(server: Server, forwarder: Forwarder) -> None:
    """An answer that is only announced at first comes when the next request is on its way."""
    asked = threading.Event()

    def announce(to: socket.socket) -> None:
        to.sendall(HINTS)
        assert asked.wait(5)
        with suppress(OSError):
            to.sendall(OK.replace(b"ok", b"no"))

    server.answer = announce
    status, _, body = forwarder(b"", b"1")
    assert (status, code_of(body)) == (504, "GatewayTimeout")
    server.answer = lambda to: to.sendall(OK)
    assert forwarder(b"", b"2") == (200, b"a/b", b"ok")
    asked.set()
    assert [number for number, _ in server.requests] == [1, 2]


def test_what_only_announces_an_answer_is_left_out(server: Server, forwarder: Forwarder) -> None:
    server.answer = lambda to: to.sendall(HINTS + b"HTTP/1.1 100 Continue\r\n\r\n" + HINTS + OK)
    for _ in range(2):
        assert forwarder(b"", b"1") == (200, b"a/b", b"ok")
    assert server.connections == 1


def test_another_protocol_is_no_answer(server: Server, forwarder: Forwarder) -> None:
    server.answer = lambda to: to.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")
    status, _, body = forwarder(b"", b"1")
    assert (status, code_of(body)) == (503, "ServiceUnavailable")


@contextmanager
def refusing(greet: Callable[[socket.socket], None]) -> Iterator[Forwarder]:
    """Be in front of a server that treats each connection as it is told when the first bytes have come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    with closing(sock), suppress(OSError):
                        sock.recv(1000)
                        greet(sock)

        thread = threading.Thread(target=serve)
        thread.start()
        forwarder = Forwarder(listener.getsockname()[1], timeout=10)
        try:
            yield forwarder
        finally:
            forwarder.close()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_an_answer_that_comes_before_all_was_sent_is_the_answer() -> None:
    with refusing(lambda to: to.sendall(REFUSAL)) as forwarder:  # and it closes with most of the body unread
        for _ in range(3):
            assert forwarder(b"", LARGE) == (413, b"a/b", b"no")


def test_who_refuses_a_body_and_waits_with_the_end_gets_another_connection() -> None:
    gone = threading.Event()

    def refuse(to: socket.socket) -> None:
        to.sendall(REFUSAL)
        while to.recv(1 << 20):
            gone.wait(0.001)  # slowly
        gone.set()

    with refusing(refuse) as forwarder:
        assert forwarder(b"", LARGE) == (413, b"a/b", b"no")
        assert gone.wait(10)  # ours was closed: half a body is no request's beginning


def test_who_closes_in_the_middle_of_a_body_without_a_word_is_told_as_503() -> None:
    with refusing(lambda to: None) as forwarder:
        status, _, body = forwarder(b"", LARGE)
        assert (status, code_of(body)) == (503, "ServiceUnavailable")


def test_a_body_is_sent_whole_to_who_says_go_on_in_between() -> None:
    def read_all(to: socket.socket) -> None:
        to.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not to.recv(1 << 20).endswith(b"end"):
            pass
        to.sendall(OK)

    with refusing(read_all) as forwarder:
        assert forwarder(b"", LARGE + b"end")[0] == 200


def test_an_answer_in_chunks_is_one_body_and_its_connection_is_kept(server: Server, forwarder: Forwarder) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n"
    large = b"x" * 200_000
    server.answer = lambda to: to.sendall(head + b"2\r\nok\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(large), large))
    for _ in range(2):
        assert forwarder(b"", b"1") == (200, b"a/b", b"ok" + large)
    assert server.connections == 1


@pytest.mark.parametrize(
    "field", [b"Content-Length: 4000000000", b"Transfer-Encoding: chunked"], ids=["known length", "chunks"]
)
def test_an_answer_that_no_frame_takes_is_not_read_into_memory(server: Server, field: bytes) -> None:
    forwarder = Forwarder(server.port, timeout=5, largest=100_000)
    chunk = b"%x\r\n%b\r\n" % (60_000, b"x" * 60_000)

    def go_on(to: socket.socket) -> None:
        to.sendall(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n\r\n")
        with suppress(OSError):
            while True:
                to.sendall(chunk)

    server.answer = go_on
    status, _, body = forwarder(b"", b"1")
    assert (status, code_of(body)) == (500, "PredictionFailed")
    server.answer = lambda to: to.sendall(OK)
    assert forwarder(b"", b"1")[0] == 200
    forwarder.close()


def test_a_type_with_control_characters_comes_out_without(server: Server, forwarder: Forwarder) -> None:
    server.answer = lambda to: to.sendall(OK.replace(b"a/b", b"a/b\x00;\x07 c"))
    assert forwarder(b"", b"1") == (200, b"a/b ; c", b"ok")


@given(content_type=st.binary(min_size=1, max_size=40), body=st.binary(max_size=200))
def test_any_bytes_get_an_answer(content_type: bytes, body: bytes) -> None:
    server = Server()
    forwarder = Forwarder(server.port, timeout=5)
    try:
        assert forwarder(content_type, body)[0] in {200, 400}
    finally:
        forwarder.close()
        server.close()


def test_health_is_asked_for_by_get(server: Server) -> None:
    assert status_of(server.port, "/health", timeout=5) == 200
    server.answer = lambda to: to.sendall(OK.replace(b"200", b"503"))
    assert status_of(server.port, "/health", timeout=5) == 503
    assert all(request.startswith(b"GET /health ") for _, request in server.requests)
