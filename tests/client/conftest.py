"""A small HTTP server on loopback that answers as a test tells it to, and keys to sign with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from modelyard.client.profile import Identity, Profile
from modelyard.client.retries import RetryPolicy
from modelyard.client.transport import Timeouts, Transport

KEY_ID = "ocid1.tenancy.oc98..t/ocid1.user.oc98..u/aa:bb"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    peer: tuple[str, int]


@dataclass(frozen=True)
class Say:
    """An answer to give; ``cut`` closes the connection after so many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


HANG_UP = Say(status=0)


class Script:
    """The answers of the server, in order; the last one is given again and again."""

    def __init__(self) -> None:
        self.answers: list[Say | Callable[[Seen], Say]] = [Say()]
        self.seen: list[Seen] = []
        self.endpoint = ""

    def next(self, seen: Seen) -> Say:
        """Return the answer to a request."""
        self.seen.append(seen)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, Say) else answer(seen)


def handler_of(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            said = script.next(Seen(self.command, self.path, headers, body, self.client_address))
            if said is HANG_UP:
                self.close_connection = True
                return
            self.send_response(said.status)
            for name, value in {"content-length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.body[: said.cut])
            if said.cut is not None:
                self.close_connection = True

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def script() -> Iterator[Script]:
    """A server that says what the test tells it to."""
    script = Script()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(script))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    script.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield script
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True)
class Key:
    """A key pair."""

    private: rsa.RSAPrivateKey
    public_pem: str
    file: Path


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """A key to sign with."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path_factory.mktemp("keys") / "private.pem"
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Key(private, public, file)


@pytest.fixture
def make_transport(key: Key) -> Iterator[Callable[..., Transport]]:
    """Makes transports that do not really pause; ``pauses`` collects for how long they would have."""
    made = []

    def make(endpoint: str, *, attempts: int = 4, pauses: list[float] | None = None) -> Transport:
        transport = Transport(
            Profile(endpoint=endpoint, identity=Identity(key_id=KEY_ID, key=key.private)),
            timeouts=Timeouts(connect=5, answer=5),
            retries=RetryPolicy(attempts=attempts),
            sleep=(pauses if pauses is not None else []).append,
        )
        made.append(transport)
        return transport

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def say() -> type[Say]:
    """Makes answers."""
    return Say


@pytest.fixture
def hang_up() -> Say:
    """The answer that is none."""
    return HANG_UP
