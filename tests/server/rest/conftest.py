"""The REST API in this process: signed requests to the ASGI app, no sockets."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from modelyard.database.engine import Database
from modelyard.database.migrate import migrate
from modelyard.server.app import BASE_PATH, build_app, operations
from modelyard.server.installation import Installation, load_or_create, private_key_file
from modelyard.server.services import Services, add_default_project, assemble
from modelyard.settings import Settings
from modelyard.wire.signing import Verifier, sign

HOST = "yard.test"


@dataclass
class Api:
    """Be the service as a client sees it."""

    app: Any
    services: Services
    installation: Installation
    key: Any
    settings: Settings

    @property
    def compartment_id(self) -> str:
        return self.installation.compartment_id

    @property
    def project_id(self) -> str:
        return self.installation.project_id

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        signed: bool = True,
        **query: object,
    ) -> httpx.Response:
        """Send a request; a body that is no bytes goes as JSON."""
        url = httpx.URL(f"http://{HOST}{BASE_PATH}{path}", params=query or None)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if content is None and method in {"POST", "PUT"}:
            content = b""
        sent = dict(headers or {})
        if signed:
            sent |= self.signature(method, url, content)
        return self.send(method, url, content, sent)

    def signature(self, method: str, url: httpx.URL, content: bytes | None) -> dict[str, str]:
        return sign(
            key=self.key,
            key_id=self.installation.key_id,
            method=method,
            target=url.raw_path.decode("ascii"),
            host=HOST,
            now=time.time(),
            body=content,
        )

    def send(
        self, method: str, url: httpx.URL | str, content: Any, headers: dict[str, str], *, app: Any = None
    ) -> httpx.Response:
        """Send a request as it is; to another app over the same service where one is given."""

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=app or self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(method, url, content=content, headers=headers)

        return asyncio.run(run())

    def upload(self, model_id: str, data: bytes, *, in_pieces: int = 0, **headers: str) -> httpx.Response:
        """Upload an artifact as a stream whose head is signed; in pieces, without a length, where asked."""
        path = f"/models/{model_id}/artifact"
        url = httpx.URL(f"http://{HOST}{BASE_PATH}{path}")

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(data), in_pieces):
                yield data[start : start + in_pieces]

        sent = self.signature("POST", url, None) | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", url, pieces() if in_pieces else data, sent)

    # ── what most tests begin with ───────────────────────────────────────────────────────────────────────────────────

    def model(self, **fields: object) -> dict[str, Any]:
        body = {"compartmentId": self.compartment_id, "projectId": self.project_id, **fields}
        answer = self.call("POST", "/models", body)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def model_with_artifact(self, data: bytes = b"PK") -> dict[str, Any]:
        model = self.model()
        assert self.upload(model["id"], data).status_code == 204
        return model

    def deployment_details(self, model_id: str, **fields: object) -> dict[str, Any]:
        return {
            "compartmentId": self.compartment_id,
            "projectId": self.project_id,
            "modelDeploymentConfigurationDetails": {
                "deploymentType": "SINGLE_MODEL",
                "modelConfigurationDetails": {
                    "modelId": model_id,
                    "instanceConfiguration": {"instanceShapeName": "VM.Standard2.1"},
                    "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 1},
                },
                "environmentConfigurationDetails": {
                    "environmentConfigurationType": "DEFAULT",
                    "environmentVariables": {"A": "1"},
                },
            },
            **fields,
        }


def assert_fault(answer: httpx.Response, status: int, code: str, says: str = "") -> None:
    """Hold an answer against what a client is to see."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert says in answer.json()["message"], answer.text
    assert set(answer.json()) == {"code", "message"}
    assert answer.headers["opc-request-id"]
    assert answer.headers["content-type"] == "application/json"


@pytest.fixture(scope="session")
def fault():
    """Give what holds an answer against what a client is to see."""
    return assert_fault


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, Any]:
    """Make a key and OCIDs once for all."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    installation = load_or_create(settings, endpoint="http://127.0.0.1:8585")
    return installation, load_pem_private_key(private_key_file(settings).read_bytes(), password=None)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database once for all, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "yard.db"
    database = Database(file)
    migrate(database)
    database.close()
    return file


@pytest.fixture
def new_api(tmp_path: Path, installed, migrated: Path) -> Iterator[Callable[..., Api]]:
    """Make one service after another, each in a folder of its own: empty, or like a home that is given."""
    installation, key = installed
    with ExitStack() as stack:

        def make(
            *, clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc), like: Path | None = None
        ) -> Api:
            settings = Settings(
                home=Path(tempfile.mkdtemp(dir=tmp_path)),
                artifact_limit=3_000_000,
                container_runtime=("no-such-runtime",),
            )
            if like is None:
                shutil.copy(migrated, settings.database_file)
            else:
                shutil.copytree(like, settings.home, dirs_exist_ok=True)
            services = assemble(settings, installation, clock=clock, wake=lambda: None)
            stack.callback(services.database.close)
            add_default_project(services, installation)
            verifier = Verifier({installation.key_id: installation.public_key})
            app = build_app(operations(services), verifier=verifier, user_id=installation.user_id)
            return Api(app, services, installation, key, settings)

        yield make


@pytest.fixture
def api(new_api: Callable[[], Api]) -> Api:
    """Make an empty service."""
    return new_api()
