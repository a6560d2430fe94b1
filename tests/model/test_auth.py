"""Who talks to the service."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from modelyard.client.connecting import connect
from modelyard.client.object_storage import namespace_of
from modelyard.client.profile import Signer
from modelyard.common import auth as ways
from modelyard.errors import ConfigurationError
from modelyard.model.generic_model import GenericModel


@pytest.fixture(autouse=True)
def nothing_is_chosen() -> Any:
    """Take back what a test chose for the process."""
    yield
    ways.set_auth()


@pytest.fixture
def session(at_service: Any) -> dict[str, str]:
    """The environment of a resource principal."""
    said = at_service.run("env", "--official", "--auth", "resource_principal", "--output", "json")
    assert said.returncode == 0, said.stderr
    found: dict[str, str] = json.loads(said.stdout)
    return found


def asks(auth: Any = None) -> list[str]:
    """Ask the service something, and return as whom."""
    client = connect(auth=auth)
    assert namespace_of(client.transport)
    return [client.profile.identity.key_id]


def test_nothing_chosen_is_the_homes_key(at_service: Any) -> None:
    made = ways.default_signer()
    assert isinstance(made["signer"], Signer)
    assert made["signer"].api_key == asks()[0]
    assert asks(made) == asks()
    assert ways.default_signer({"service_endpoint": "http://x"})["client_kwargs"] == {"service_endpoint": "http://x"}


def test_a_key_comes_from_a_file_or_from_its_entries(at_service: Any, tmp_path: Path) -> None:
    own = at_service.settings.own_config_file
    entries = ways.api_keys(str(own))["config"]
    assert entries is not None
    assert asks(ways.api_keys(entries)) == asks(ways.api_keys(str(own))) == asks()
    with pytest.raises(ConfigurationError, match="is not there"):
        ways.api_keys(str(tmp_path / "gone"))
    with pytest.raises(ConfigurationError, match="no profile 'OTHER'"):
        ways.api_keys(str(own), "OTHER")
    with pytest.raises(ConfigurationError, match="lacks user"):
        ways.api_keys({"tenancy": "t"})


def test_tokens_talk_to_the_service(session: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="no resource principal"):
        ways.resource_principal()
    for name in ("OCI_RESOURCE_PRINCIPAL_RPST", "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"):
        monkeypatch.setenv(name, session[name])
    [as_whom] = asks(ways.resource_principal())
    assert as_whom.startswith("ST$")
    config = Path(session["OCI_RESOURCE_PRINCIPAL_RPST"]).with_name("config")
    assert asks(ways.security_token(str(config))) == [as_whom]
    monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_RPST", Path(session["OCI_RESOURCE_PRINCIPAL_RPST"]).read_text())
    assert asks(ways.resource_principal()) == [as_whom]  # the token itself, as a notebook has it
    with pytest.raises(ConfigurationError, match="no security_token_file"):
        ways.security_token()


def test_what_is_chosen_holds_for_the_process(at_service: Any, nowhere: Path) -> None:
    own = str(at_service.settings.own_config_file)
    endpoint = {"service_endpoint": at_service.endpoint}
    ways.set_auth("api_key", oci_config_location=own, client_kwargs=endpoint)
    assert GenericModel().client.profile.endpoint == at_service.endpoint
    assert asks() == asks({**ways.api_keys(own), "client_kwargs": endpoint})
    assert ways.default_signer()["client_kwargs"] == endpoint
    made = ways.api_keys(own)["signer"]
    ways.set_auth(signer_callable=lambda name: made if name == "mine" else None, signer_kwargs={"name": "mine"},
                  client_kwargs=endpoint)  # fmt: skip
    assert len(asks()) == 1
    ways.set_auth(signer=made, client_kwargs=endpoint)
    assert ways.default_signer()["signer"] is made
    with pytest.raises(ValueError, match="no auth 'nonsense'; there is api_key"):
        ways.set_auth("nonsense")
    assert ways.default_signer()["signer"] is made
    ways.set_auth()
    with pytest.raises(ConfigurationError, match="is not there"):
        ways.default_signer()
    with pytest.raises(ConfigurationError, match="none of them"):
        ways.create_signer("instance_principal")


def test_what_is_chosen_for_a_block_holds_in_its_thread_alone(at_service: Any) -> None:
    seen: list[dict[str, object]] = []

    def look() -> None:
        seen.append(dict(ways.default_signer()["client_kwargs"] or {}))

    with ways.AuthContext(client_kwargs={"service_endpoint": "http://inside"}):
        look()
        with ways.AuthContext(client_kwargs={"service_endpoint": "http://deeper"}):
            look()
        other = threading.Thread(target=look)
        other.start()
        other.join()
        look()
    look()
    assert [each.get("service_endpoint") for each in seen] == [
        "http://inside",
        "http://deeper",
        None,
        "http://inside",
        None,
    ]


def test_it_needs_no_official_sdk(at_service: Any) -> None:
    program = """
import sys
sys.modules["oci"] = None
from modelyard.common import auth
signer = auth._signer_of_key(auth._entries(None, "DEFAULT"))
print(type(signer).__name__, type(signer.private_key).__name__, signer.api_key.count("/"))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=at_service.environ, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["KeySigner", RSAPrivateKey.__name__, "2"], done.stderr
