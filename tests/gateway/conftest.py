"""Real gateways in front of real replicas and a small service, and clients that speak HTTP by hand."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from modelyard.lifecycle import DeploymentState
from modelyard.resources.routes import DeploymentRoute, ReplicaRoute, Routes
from modelyard.serving.session import SERVER
from modelyard.serving.spec import ReplicaSpec, write_spec
from modelyard.serving.state import READY, read_state
from modelyard.settings import Settings
from modelyard.wire.signing import sign

OCID = "ocid1.datasciencemodeldeployment.oc98.local-1.aaaa"
KEY_ID = "tenancy/user/00:11"


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> object:
    """Poll a condition until it holds, and return what it returned."""
    until = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < until, f"not within {seconds} s: {condition}"
        time.sleep(0.01)
    return result


class Reply(NamedTuple):
    """Be an HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])

    @property
    def message(self) -> str:
        return str(json.loads(self.body)["message"])


class Wire:
    """Be a client's connection, by hand."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self.sock.makefile("rb")

    def send(self, data: bytes) -> Wire:
        self.sock.sendall(data)
        return self

    def reply(self, method: str = "POST") -> Reply:
        """Read one answer, interim ones left out."""
        while True:
            line = self._file.readline()
            assert line, "the connection was closed"
            assert line.startswith(b"HTTP/1.1 "), line
            headers = {}
            while (field := self._file.readline()) not in (b"\r\n", b""):
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            status = int(line.split()[1])
            if status >= 200:
                return Reply(status, headers, self._body(method, status, headers))

    def ended(self) -> bool:
        """Tell whether the server closes the connection without another byte."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def _body(self, method: str, status: int, headers: Mapping[str, str]) -> bytes:
        if method == "HEAD" or status in (204, 304):
            return b""
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(self._file.readline(), 16):
                parts.append(self._file.read(size))
                assert self._file.readline() == b"\r\n"
            assert self._file.readline() == b"\r\n"
            return b"".join(parts)
        if "content-length" in headers:
            return self._file.read(int(headers["content-length"]))
        return self._file.read()


class Gateway:
    """Be a gateway's process."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, key: rsa.RSAPrivateKey) -> None:
        self.process = process
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self._key = key
        self._wires: list[Wire] = []

    def wire(self) -> Wire:
        self._wires.append(Wire(self.port))
        return self._wires[-1]

    def hang_up(self) -> None:
        for wire in self._wires:
            wire._file.close()
            wire.sock.close()

    def request(
        self,
        body: bytes = b"[1]",
        *,
        ocid: str = OCID,
        method: str = "POST",
        action: str = "predict",
        signed: bool = True,
        now: float | None = None,
        headers: Mapping[str, str] | None = None,
        sign_body: bytes | None = None,
        key: rsa.RSAPrivateKey | None = None,
    ) -> bytes:
        """Return a predict request as bytes."""
        target = f"/{ocid}/{action}"
        fields = {"host": self.host, "content-type": "application/json", "content-length": str(len(body))}
        if signed:
            fields |= sign(
                key=key or self._key,
                key_id=KEY_ID,
                method=method,
                target=target,
                host=self.host,
                now=time.time() if now is None else now,
                body=body if sign_body is None else sign_body,
            )
        fields |= {"content-length": str(len(body))} | dict(headers or {})
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return head.encode() + b"\r\n" + body

    def predict(self, body: bytes = b"[1]", **fields: Any) -> Reply:
        return self.wire().send(self.request(body, **fields)).reply()

    def get(self, target: str, method: str = "GET", **arguments: Any) -> tuple[HTTPResponse, bytes]:
        """Ask for a path, through the standard library's client."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, target, **arguments)
            response = connection.getresponse()
            return response, response.read()

    @property
    def memory(self) -> int:
        """The process's largest resident set so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            pytest.skip("the memory of another process is read from /proc")
        match = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        assert match
        return int(match.group(1)) * 1024


class Traffic:
    """Keep predicting from several clients, over kept and over new connections, and count what comes back."""

    def __init__(self, gateway: Gateway, clients: int = 6, *, headers: Mapping[str, str] | None = None) -> None:
        self.answers: list[bytes] = []
        self.failures: list[str] = []
        self._request = gateway.request(b"[1]", headers=headers)
        self._port = gateway.port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(index % 3 == 0,)) for index in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, anew: bool) -> None:
        wire = None
        while not self._stop.is_set():
            try:
                wire = wire or Wire(self._port)
                reply = wire.send(self._request).reply()
                if reply.status == 200:
                    self.answers.append(reply.body)
                else:
                    self.failures.append(reply.body.decode())
                if anew or reply.headers.get("connection") == "close":
                    wire._file.close()
                    wire.sock.close()
                    wire = None
            except (OSError, AssertionError) as error:
                self.failures.append(repr(error))
                wire = None
        if wire is not None:
            wire._file.close()
            wire.sock.close()


class Yard:
    """Be a home with routes, replicas, and whatever else a gateway meets in it."""

    def __init__(self, home: Path, key: rsa.RSAPrivateKey) -> None:
        self.settings = Settings(home=home)
        self.settings.run.mkdir(parents=True)
        self.settings.sockets.mkdir(parents=True)
        self._key = key
        self._public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._gateways: list[Gateway] = []
        self._traffic: list[Traffic] = []
        self._count = 0

    def replica(
        self, predict: str = "return data", *, workers: int = 2, ready: bool = True, **fields: Any
    ) -> ReplicaRoute:
        """Start a replica; return its route."""
        self._count += 1
        own = self.settings.home / f"r{self._count}"
        (own / "artifact").mkdir(parents=True)
        body = "".join(f"    {line}\n" for line in predict.splitlines())
        score = f"import os\nimport time\n\n\ndef load_model():\n    pass\n\n\ndef predict(data):\n{body}"
        (own / "artifact" / "score.py").write_text(score)
        sockets = [str(own / str(index)) for index in range(workers)]
        spec = ReplicaSpec("r", str(own / "artifact"), tuple(sockets), str(own / "state.json"), **fields)
        write_spec(str(own / "spec.json"), spec)
        self.start([sys.executable, str(SERVER), str(own / "spec.json")], log=own / "log")
        route = ReplicaRoute(id=f"r{self._count}", sockets=sockets, headers={"x-version": f"v{self._count}"})
        if ready:
            self.wait_ready(route)
        return route

    def wait_ready(self, route: ReplicaRoute) -> None:
        state_file = str(Path(route.sockets[0]).parent / "state.json")
        wait_for(lambda: (state := read_state(state_file)) is not None and state.state == READY)

    def pids(self, route: ReplicaRoute) -> list[int]:
        """Return the pids of a replica's workers."""
        state = read_state(str(Path(route.sockets[0]).parent / "state.json"))
        return [worker.pid for worker in state.workers] if state else []

    def stop_replica(self, route: ReplicaRoute) -> None:
        state = read_state(str(Path(route.sockets[0]).parent / "state.json"))
        assert state is not None
        os.kill(state.pid, signal.SIGTERM)

    def route(self, *replicas: ReplicaRoute, state: str = "ACTIVE", ocid: str = OCID) -> None:
        """Write the routes: one deployment."""
        self.write_routes({ocid: DeploymentRoute(state=DeploymentState(state), replicas=list(replicas))})

    def write_routes(self, deployments: dict[str, DeploymentRoute]) -> None:
        routes = Routes(keys={KEY_ID: self._public}, deployments=deployments)
        temporary = self.settings.routes_file.with_suffix(".new")
        temporary.write_bytes(msgspec.json.encode(routes))
        temporary.replace(self.settings.routes_file)

    def gateway(self, *, listener: socket.socket | None = None, **environ: str) -> Gateway:
        """Start a gateway; it is ready when this returns."""
        sock = listener or socket.create_server(("127.0.0.1", 0), backlog=512)
        process = self.start(
            [sys.executable, "-m", "modelyard.gateway", "--fd", str(sock.fileno())],
            log=self.settings.home / f"gateway{len(self._gateways)}.log",
            environ=environ,
            fd=sock.fileno(),
        )
        port = sock.getsockname()[1]
        if listener is None:
            sock.close()
        self._gateways.append(Gateway(process, port, self._key))
        log = self.settings.home / f"gateway{len(self._gateways) - 1}.log"
        wait_for(lambda: "listening" in log.read_text())
        return self._gateways[-1]

    def traffic(self, gateway: Gateway, clients: int = 6, *, headers: Mapping[str, str] | None = None) -> Traffic:
        self._traffic.append(Traffic(gateway, clients, headers=headers))
        return self._traffic[-1]

    def service(self, app: str) -> subprocess.Popen[bytes]:
        """Start a service: the source of an ASGI app named ``app``, under uvicorn on the service's socket."""
        file = self.settings.home / "service.py"
        file.write_text(app)
        self.settings.service_socket.unlink(missing_ok=True)
        process = self.start(
            [sys.executable, "-m", "uvicorn", "service:app", "--uds", str(self.settings.service_socket),
             "--app-dir", str(self.settings.home), "--log-level", "warning"],
            log=self.settings.home / "service.log",
        )  # fmt: skip
        wait_for(self.settings.service_socket.exists)
        return process

    def start(
        self, command: list[str], *, log: Path, environ: Mapping[str, str] | None = None, fd: int | None = None
    ) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "MODELYARD_HOME": str(self.settings.home), **(environ or {})},
                pass_fds=() if fd is None else (fd,),
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def close(self) -> None:
        for traffic in self._traffic:
            traffic.stop()
        for gateway in self._gateways:
            gateway.hang_up()
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    """The key that the routes know."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def yard(key: rsa.RSAPrivateKey) -> Iterator[Yard]:
    """A home of its own; all that was started in it is gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="my-", dir="/tmp"))
    yard = Yard(home, key)
    try:
        yield yard
    finally:
        yard.close()
        shutil.rmtree(home)


@pytest.fixture
def until() -> Callable[..., object]:
    """Wait for a condition."""
    return wait_for
