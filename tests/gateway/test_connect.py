"""CONNECT: TLS for the hosts that are the service's, tunnels for programs of this machine, refusals for the rest."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from modelyard.gateway.connect import is_loopback
from modelyard.server.authority import keep_authority

HOST = "md.datascience.local-1.oci.modelyard.internal"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
ECHO = """
async def app(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    headers = [(b"content-length", b"%d" % len(body)), (b"x-host", dict(scope["headers"])[b"host"])]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""


def now() -> datetime:
    return datetime.now(timezone.utc)


@pytest.fixture
def gateway(yard: Any) -> Any:
    keep_authority(yard.settings, now=now())
    yard.route(yard.replica())
    return yard.gateway()


@pytest.fixture
def trusting(yard: Any, gateway: Any) -> ssl.SSLContext:
    """What a client has that trusts the local authority, and it alone."""
    context = ssl.create_default_context(cafile=str(yard.settings.authority_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def connect(gateway: Any, target: str = f"{HOST}:443") -> Any:
    return gateway.wire().send(f"CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n".encode())


def connected(gateway: Any, target: str = f"{HOST}:443") -> socket.socket:
    """Return a socket behind a CONNECT that was answered with 200; buffers of its own would lose what follows."""
    sock = connect(gateway, target).sock
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        said += sock.recv(1)
    assert said == ESTABLISHED
    return sock


def refused(gateway: Any, target: str) -> tuple[int, str]:
    """Return the status and the reason, which is all that clients show."""
    line, _, rest = connect(gateway, target).sock.recv(10000).partition(b"\r\n")
    _, status, reason = line.decode().split(" ", 2)
    assert b"connection: close" in rest
    return int(status), reason


def read_all(sock: socket.socket) -> bytes:
    parts = []
    while data := sock.recv(1 << 16):
        parts.append(data)
    return b"".join(parts)


@contextlib.contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A host to be reached through a tunnel: it takes one connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        sock, _ = listener.accept()
        with sock, contextlib.suppress(OSError):
            sock.settimeout(20)
            answer(sock)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(20)
        listener.close()


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=20).close()
    except ConnectionRefusedError:
        return False
    return True


def files_of(gateway: Any) -> int:
    folder = Path(f"/proc/{gateway.process.pid}/fd")
    if not folder.exists():
        pytest.skip("the open files of another process are read from /proc")
    return len(os.listdir(folder))


# ── hosts that are ours ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_prediction_through_connect_and_tls_is_answered(gateway: Any, trusting: ssl.SSLContext) -> None:
    gateway.host = HOST
    with trusting.wrap_socket(connected(gateway), server_hostname=HOST) as tls:
        for number in (b"[1]", b"[2]"):
            tls.sendall(gateway.request(number))
            answer = tls.recv(10000)
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.endswith(number)


@pytest.mark.parametrize(
    "host",
    [
        HOST,
        "datascience.local-1.oci.modelyard.internal",
        "objectstorage.local-1.modelyard.internal",
        "ingestion.logging.local-1.oci.modelyard.internal",
        "objectstorage.local-1.ds.oci.modelyard.internal",
        "objectstorage.us-ashburn-1.oraclecloud.com",
        "Query.Local-1.oci.Modelyard.internal.",
    ],
)
def test_every_host_that_is_ours_has_a_certificate_that_fits(gateway: Any, trusting: Any, host: str) -> None:
    with trusting.wrap_socket(connected(gateway, f"{host}:443"), server_hostname=host.removesuffix(".")) as tls:
        assert tls.version() in {"TLSv1.2", "TLSv1.3"}


def test_bodies_of_any_size_go_through_tls_both_ways(yard: Any, gateway: Any, trusting: ssl.SSLContext) -> None:
    yard.service(ECHO)
    body = os.urandom(5_000_000)
    connection = HTTPSConnection("127.0.0.1", gateway.port, timeout=30, context=trusting)
    connection.set_tunnel(HOST, 443)
    with contextlib.closing(connection):
        for _ in range(2):
            connection.request("PUT", "/n/x", body=body)
            response = connection.getresponse()
            assert response.read() == body
            assert response.headers["x-host"] == HOST


def test_tls_that_comes_with_the_connect_or_byte_by_byte_is_understood(gateway: Any, trusting: Any) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting.wrap_bio(incoming, outgoing, server_hostname=HOST)
    sock = gateway.wire().sock
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    sock.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nhost: x\r\n\r\n".encode() + outgoing.read())
    said = sock.recv(len(ESTABLISHED), socket.MSG_WAITALL)
    assert said == ESTABLISHED
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            incoming.write(sock.recv(10000))
    gateway.host = HOST
    tls.write(gateway.request(b"[3]"))
    for byte in outgoing.read():
        sock.sendall(bytes([byte]))
    answer = b""
    while not answer.endswith(b"[3]"):
        incoming.write(sock.recv(10000))
        with contextlib.suppress(ssl.SSLWantReadError):
            answer += tls.read(10000)
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_request_before_the_connect_is_answered_first(gateway: Any) -> None:
    wire = gateway.wire()
    wire.send(gateway.request(b"[1]") + f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
    assert wire.reply().body == b"[1]"
    assert wire._file.readline() == b"HTTP/1.1 200 Connection established\r\n"


def test_a_fault_within_tls_reaches_the_client_and_ends_the_connection(gateway: Any, trusting: Any) -> None:
    with trusting.wrap_socket(connected(gateway), server_hostname=HOST) as tls:
        tls.sendall(b"nonsense\r\n\r\n")
        assert b"CannotParseRequest" in read_all(tls)


def test_there_is_no_connect_within_a_connect(gateway: Any, trusting: ssl.SSLContext) -> None:
    with trusting.wrap_socket(connected(gateway), server_hostname=HOST) as tls:
        tls.sendall(b"CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n")
        assert read_all(tls).startswith(b"HTTP/1.1 405 ")


def test_a_client_that_does_not_trust_the_authority_harms_nobody_else(gateway: Any, trusting: Any) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(connected(gateway), server_hostname=HOST)
    with trusting.wrap_socket(connected(gateway), server_hostname=HOST) as tls:
        assert tls.version()


def test_a_new_certificate_is_shown_without_a_restart(yard: Any, gateway: Any, trusting: Any) -> None:
    def serial() -> object:
        with trusting.wrap_socket(connected(gateway), server_hostname=HOST) as tls:
            return tls.getpeercert()["serialNumber"]

    before = serial()
    assert serial() == before
    yard.settings.certificate_file.unlink()
    assert serial() == before
    keep_authority(yard.settings, now=now())
    assert serial() != before


def test_without_a_certificate_a_connect_is_told_so(yard: Any) -> None:
    assert refused(yard.gateway(), f"{HOST}:443") == (
        503, "There is no certificate yet: start the service with `modelyard up`",
    )  # fmt: skip


# ── hosts that are others' ───────────────────────────────────────────────────────────────────────────────────────────


def test_another_host_is_reached_through_a_tunnel(gateway: Any) -> None:
    sent, answered = os.urandom(3_000_000), os.urandom(3_000_000)
    got: list[bytes] = []

    def answer(sock: socket.socket) -> None:
        got.append(read_all(sock))  # until the client has said its last: the end goes through too
        sock.sendall(answered)

    with serving(answer) as port:
        client = connected(gateway, f"127.0.0.1:{port}")
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == answered
    assert got == [sent]


def test_a_host_that_speaks_first_is_heard(gateway: Any) -> None:
    with serving(lambda sock: sock.sendall(b"220 ready\r\n")) as port:
        assert read_all(connected(gateway, f"localhost:{port}")) == b"220 ready\r\n"


def test_with_tunnels_off_another_host_is_refused_with_the_reason(yard: Any) -> None:
    keep_authority(yard.settings, now=now())
    gateway = yard.gateway(MODELYARD_TUNNEL="0")
    status, reason = refused(gateway, "example.org:443")
    assert status == 403
    assert reason == "example.org:443 is no host of this service, and MODELYARD_TUNNEL=0 rules out others"
    assert connected(gateway)


def test_a_client_from_elsewhere_is_refused_with_what_to_do(gateway: Any) -> None:
    said = b"CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\nX-Forwarded-For: 10.0.0.7\r\n\r\n"
    answer = gateway.wire().send(said).sock.recv(10000)
    assert answer.startswith(b"HTTP/1.1 403 example.org:443 is no host of this service: name it in NO_PROXY")


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("10.0.0.7", False), ("192.168.1.1", False), ("::ffff:10.0.0.7", False), ("fe80::1%eth0", False), ("", False),
    ],
)  # fmt: skip
def test_only_loopback_addresses_are_this_machine(address: str, here: bool) -> None:
    assert is_loopback(address) is here


def test_a_host_that_cannot_be_reached_is_502(gateway: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    assert refused(gateway, f"127.0.0.1:{port}") == (502, f"127.0.0.1:{port} cannot be reached: Connection refused")
    status, reason = refused(gateway, "nowhere.invalid:443")
    assert (status, reason) == (502, "nowhere.invalid:443 cannot be reached: its name cannot be resolved")


@pytest.mark.parametrize("target", [f"{HOST}:80", f"{HOST}:8443"])
def test_our_hosts_answer_on_one_port(gateway: Any, target: str) -> None:
    assert refused(gateway, target) == (403, f"{HOST} answers on port 443 alone")


@pytest.mark.parametrize(
    "target", ["example.org", "example.org:0", "example.org:65536", "example.org:99999999", "::1:1"]
)
def test_a_connect_to_what_is_no_host_and_port_is_400(gateway: Any, target: str) -> None:
    assert refused(gateway, target)[0] == 400


@pytest.mark.parametrize(
    "host", ["a.b.c.modelyard.internal", "modelyard.internal", "datascience.us-1.oci.modelyard.internal"]
)
def test_a_name_of_the_realm_that_no_certificate_covers_is_not_ours(gateway: Any, host: str) -> None:
    assert refused(gateway, f"{host}:443")[0] == 502


# ── clients that give up ─────────────────────────────────────────────────────────────────────────────────────────────


def test_clients_that_break_off_anywhere_leave_nothing_behind(
    gateway: Any, trusting: Any, until: Callable[..., object]
) -> None:
    hello = b"\x16\x03\x01\x02\x00\x01\x00"  # the beginning of one
    with serving(lambda sock: read_all(sock) and None) as port:
        before = files_of(gateway)
        connect(gateway).sock.close()
        connected(gateway).close()
        for garbage in (hello, b"\x00" * 1000, b"GET / HTTP/1.1\r\n\r\n"):
            sock = connected(gateway)
            sock.sendall(garbage)
            sock.close()
        trusting.wrap_socket(connected(gateway), server_hostname=HOST).close()
        tls = trusting.wrap_socket(connected(gateway), server_hostname=HOST)
        tls.sendall(gateway.request(b"[1]")[:-2])
        tls.close()
        tunnelled = connected(gateway, f"127.0.0.1:{port}")
        tunnelled.sendall(b"x")
        tunnelled.close()
        gateway.hang_up()
        until(lambda: files_of(gateway) <= before)
    assert gateway.predict(b"[1]").status == 200


def test_what_is_no_tls_is_cut_off(gateway: Any) -> None:
    sock = connected(gateway)
    sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert ESTABLISHED not in read_all(sock)


def test_a_gateway_that_is_told_to_stop_answers_within_tls_and_cuts_quiet_tunnels(
    yard: Any, gateway: Any, trusting: Any
) -> None:
    yard.route(yard.replica("time.sleep(1)\nreturn data"))
    gateway.host = HOST
    with (
        serving(lambda sock: read_all(sock) and None) as port,
        trusting.wrap_socket(connected(gateway), server_hostname=HOST) as tls,
    ):
        quiet = connected(gateway, f"127.0.0.1:{port}")
        tls.sendall(gateway.request(b"[5]"))
        assert gateway.predict(b"[6]").status == 200  # by then the one before it has been taken in
        gateway.process.terminate()
        assert b"[5]" in read_all(tls)
        assert read_all(quiet) == b""
        assert gateway.process.wait(20) == 0


def test_a_handshake_that_ends_when_the_gateway_stops_is_followed_by_one_answer(
    gateway: Any, trusting: Any, until: Callable[..., object]
) -> None:
    gateway.host = HOST
    tls = trusting.wrap_socket(connected(gateway), server_hostname=HOST, do_handshake_on_connect=False)
    gateway.process.terminate()
    until(lambda: not is_listening(gateway.port))
    with tls:
        tls.do_handshake()
        tls.sendall(gateway.request(b"[1]"))
        head, _, body = read_all(tls).partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head.lower()
    assert body == b"[1]"
