"""CPU, rate and latency of the full path to a model, against a bare ASGI app that runs the same predict by itself.

    python bench/predict.py [--seconds 4] [--json FILE]

Measured are the gateway with one replica (signatures on and off) and a uvicorn process whose app parses the JSON,
calls the same score.py and writes the JSON, nothing more. Requests come from a process of its own, over raw sockets,
signed before the clock starts, each with another body. CPU is what all
processes of a server used, user and system, by request.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import multiprocessing
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, cast

OCID = "ocid1.datasciencemodeldeployment.oc98.local-1.bench"
KEY_ID = "ocid1.tenancy.oc98..t/ocid1.user.oc98..u/00"
TARGET = f"/{OCID}/predict"
POOL = 3000
WORKERS = 2

SCORE = """
import os
import joblib

_model = None


def load_model():
    global _model
    if _model is None:
        _model = joblib.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.joblib"))
    return _model


def predict(data, model=None):
    return {"prediction": (model or load_model()).predict(data["data"]).tolist()}
"""

BARE = """
import json
import sys

sys.path.insert(0, sys.argv[1])
import score
import uvicorn

score.load_model()


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = json.dumps(score.predict(json.loads(body))).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False, lifespan="off")
"""


class Load(NamedTuple):
    """Be what the generator saw."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failures: int


class Row(NamedTuple):
    """Be one line of the table."""

    server: str
    connections: int
    cpu_us: float
    load: Load


# ── the load ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def requests_for(port: int, key_pem: bytes | None) -> list[bytes]:
    """Return a pool of whole requests with distinct bodies, signed where there is a key."""
    host = f"127.0.0.1:{port}"
    key = None
    if key_pem is not None:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key = load_pem_private_key(key_pem, None)
    made = []
    for number in range(POOL):
        body = json.dumps({"data": [[round((number * 7 + column) % 97 / 97, 6) for column in range(30)]]}).encode()
        headers = {"host": host, "content-type": "application/json", "content-length": str(len(body))}
        if key is not None:
            from modelyard.wire.signing import sign

            headers = sign(key=key, key_id=KEY_ID, method="POST", target=TARGET, host=host, now=time.time(), body=body)  # type: ignore[arg-type]
        headers |= {"accept": "*/*", "user-agent": "bench", "opc-request-id": f"{number:032X}"}
        head = f"POST {TARGET} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made.append(head.encode() + b"\r\n" + body)
    return made


def generate(*, port: int, connections: int, seconds: float, key_pem: bytes | None, pipe: Connection) -> None:
    """Be the generator's process: say ready, wait for go, then tell what was seen."""
    requests = requests_for(port, key_pem)
    pipe.send("ready")
    pipe.recv()
    pipe.send(_run(_drive(port=port, connections=connections, seconds=seconds, requests=requests)))


def _run(main: Coroutine[None, None, Load]) -> Load:
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.run(main)
    return asyncio.run(main)


class Client(asyncio.Protocol):
    """Be one keep-alive connection that asks as fast as it is answered."""

    def __init__(self, requests: Iterator[bytes], until: float, times: list[float], done: asyncio.Future[None]) -> None:
        self._requests, self._until, self._times, self._done = requests, until, times, done
        self._buffer = b""
        self.failures = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        start = self._buffer.index(b"content-length: ") + 16
        if len(self._buffer) < end + 4 + int(self._buffer[start : self._buffer.index(b"\r", start)]):
            return
        self.failures += not self._buffer.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        now = time.perf_counter()
        self._times.append(now - self._asked)
        if now > self._until:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        self.failures += bool(self._buffer)
        if not self._done.done():
            self._done.set_result(None)

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(next(self._requests))


async def _drive(*, port: int, connections: int, seconds: float, requests: list[bytes]) -> Load:
    loop = asyncio.get_running_loop()
    times: list[float] = []
    start = time.perf_counter()
    pool = (requests[index % len(requests)] for index in range(1 << 62))
    clients, ends = [], []
    for _ in range(connections):
        done = loop.create_future()
        _, client = await loop.create_connection(
            functools.partial(Client, pool, start + seconds, times, done), "127.0.0.1", port
        )
        clients.append(client)
        ends.append(done)
    await asyncio.gather(*ends)
    elapsed = time.perf_counter() - start
    times.sort()
    return Load(
        requests=len(times),
        seconds=elapsed,
        p50_ms=1000 * times[len(times) // 2],
        p99_ms=1000 * times[int(len(times) * 0.99)],
        failures=sum(client.failures for client in clients),
    )


# ── the servers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def artifact_in(folder: Path) -> Path:
    """Train a small model and write its score.py."""
    import joblib
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    artifact = folder / "artifact"
    artifact.mkdir()
    features, labels = load_breast_cancer(return_X_y=True)
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels), artifact / "model.joblib")
    (artifact / "score.py").write_text(SCORE)
    return artifact


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Poll a condition."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on a port."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def process(*command: str, environ: dict[str, str] | None = None) -> Iterator[int]:
    """Run a process for as long as the body runs; yield its pid."""
    running = subprocess.Popen(command, env={**os.environ, **(environ or {})}, start_new_session=True)
    try:
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()


@contextlib.contextmanager
def replica(folder: Path, artifact: Path) -> Iterator[tuple[int, list[str]]]:
    """Run a replica; yield its pid and its sockets."""
    from modelyard.serving.session import SERVER
    from modelyard.serving.spec import ReplicaSpec, write_spec
    from modelyard.serving.state import READY, read_state

    sockets = tuple(str(folder / f"w{index}") for index in range(WORKERS))
    state_file = str(folder / "state.json")
    write_spec(
        str(folder / "spec.json"),
        ReplicaSpec(replica_id="bench", artifact_dir=str(artifact), sockets=sockets, state_file=state_file),
    )
    with process(sys.executable, str(SERVER), str(folder / "spec.json")) as pid:
        wait_for(lambda: (state := read_state(state_file)) is not None and state.state == READY, "the replica")
        yield pid, list(sockets)


@contextlib.contextmanager
def gateway(folder: Path, *, sockets: list[str], public_key: str, verify: bool) -> Iterator[tuple[int, int]]:
    """Run a gateway that routes to the sockets; yield its pid and its port."""
    import msgspec

    from modelyard.lifecycle import DeploymentState
    from modelyard.resources.routes import DeploymentRoute, ReplicaRoute, Routes

    home = folder / ("signed" if verify else "unsigned")
    (home / "run").mkdir(parents=True)
    headers = {"x-model-id": "ocid1.datasciencemodel.oc98.local-1.bench", "x-artifact-sha256": "0" * 64}
    route = DeploymentRoute(
        state=DeploymentState.ACTIVE, replicas=[ReplicaRoute(id="bench", sockets=sockets, headers=headers)]
    )
    routes = Routes(keys={KEY_ID: public_key}, deployments={OCID: route})
    (home / "run" / "routes.json").write_bytes(msgspec.json.encode(routes))
    port = free_port()
    environ = {"MODELYARD_HOME": str(home), "MODELYARD_VERIFY_SIGNATURES": str(int(verify))}
    with process(sys.executable, "-m", "modelyard.gateway", "--port", str(port), environ=environ) as pid:
        wait_for(lambda: listens(port), "the gateway")
        yield pid, port


def keys() -> tuple[bytes, str]:
    """Return a new key pair in PEM."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


# ── the measurement ──────────────────────────────────────────────────────────────────────────────────────────────────


def cpu_seconds(pids: list[int]) -> float:
    """Return what processes and all below them have used, user and system."""
    table: dict[int, list[int]] = {}
    for line in subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.splitlines():
        pid, parent = map(int, line.split())
        table.setdefault(parent, []).append(pid)
    family, todo = [], list(pids)
    while todo:
        pid = todo.pop()
        family.append(pid)
        todo += table.get(pid, [])
    return sum(map(_cpu_of, family))


def _cpu_of(pid: int) -> float:
    try:
        # nanoseconds on the processor, where the kernel counts them; its clock ticks are too coarse for one connection
        return (
            sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9
        )
    except OSError:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def measure(name: str, *, pids: list[int], port: int, connections: int, seconds: float, key: bytes | None) -> Row:
    """Put one load on one server."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    generator = context.Process(
        target=generate,
        kwargs={"port": port, "connections": connections, "seconds": seconds, "key_pem": key, "pipe": there},
    )
    generator.start()
    here.recv()
    before = cpu_seconds(pids)
    here.send("go")
    load = here.recv()
    used = cpu_seconds(pids) - before
    generator.join()
    return Row(name, connections, 1e6 * used / max(1, load.requests), load)


def rows(seconds: float) -> Iterator[Row]:
    """Measure every server at every number of connections."""
    private, public = keys()
    with tempfile.TemporaryDirectory(prefix="myb-") as temporary:
        folder = Path(temporary)
        artifact = artifact_in(folder)
        (folder / "bare.py").write_text(BARE)
        port = free_port()
        with process(sys.executable, str(folder / "bare.py"), str(artifact), str(port)) as bare:
            wait_for(lambda: listens(port), "the bare app")
            for connections in (1, 64):
                yield measure("bare", pids=[bare], port=port, connections=connections, seconds=seconds, key=private)
        with replica(folder, artifact) as (model, sockets):
            for verify, name in ((False, "full, signatures off"), (True, "full, signatures on")):
                with gateway(folder, sockets=sockets, public_key=public, verify=verify) as (door, port):
                    for connections in (1, 64):
                        yield measure(
                            name, pids=[door, model], port=port, connections=connections, seconds=seconds, key=private
                        )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {WORKERS} workers\n")
    print(f"{'server':22} {'conn.':>5} {'CPU µs/request':>15} {'ratio':>6} {'requests/s':>11} {'ratio':>6} "
          f"{'p50 ms':>8} {'p99 ms':>8} {'failed':>7}")  # fmt: skip
    bare: dict[int, Row] = {}
    found = []
    for row in rows(options.seconds):
        reference = bare.setdefault(row.connections, row)
        rate = row.load.requests / row.load.seconds
        ratio = row.cpu_us / reference.cpu_us
        speed = rate / (reference.load.requests / reference.load.seconds)
        print(f"{row.server:22} {row.connections:5} {row.cpu_us:15.0f} {ratio:6.2f} {rate:11.0f} {speed:6.2f} "
              f"{row.load.p50_ms:8.2f} {row.load.p99_ms:8.2f} {row.load.failures:7}", flush=True)  # fmt: skip
        found.append({**row._asdict(), "load": row.load._asdict(), "cpu_ratio": ratio, "rate_ratio": speed})
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
