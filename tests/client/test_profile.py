"""Which endpoint and key a client uses."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.client.profile import identity_of, is_loopback, read_identity, read_installation, resolve
from modelyard.errors import ConfigurationError
from modelyard.settings import Settings

CONFIG = """
[DEFAULT]
user=ocid1.user.oc98..u
tenancy=ocid1.tenancy.oc98..t
fingerprint=aa:bb
key_file={key_file}
region=local-1

[work]
user=ocid1.user.oc98..w
"""


@pytest.fixture
def home(tmp_path: Path, key: Any) -> Path:
    """The home of a service that was started once."""
    installation = {"endpoint": "http://127.0.0.1:8585", "compartment_id": "comp", "project_id": "proj"}
    (tmp_path / "installation.json").write_text(json.dumps(installation))
    (tmp_path / "oci").mkdir()
    (tmp_path / "oci" / "config").write_text(CONFIG.format(key_file=key.file))
    return tmp_path


def test_with_nothing_configured_the_home_says_everything(home: Path) -> None:
    profile = resolve(Settings(home=home))
    assert (profile.endpoint, profile.compartment_id, profile.project_id) == ("http://127.0.0.1:8585", "comp", "proj")
    assert profile.identity.key_id == "ocid1.tenancy.oc98..t/ocid1.user.oc98..u/aa:bb"
    assert profile.identity.private_key().key_size == 2048


def test_the_environment_comes_before_the_home_and_the_argument_before_both(home: Path) -> None:
    settings = Settings(home=home, endpoint="http://box:1", project_id="mine")
    assert resolve(settings).endpoint == "http://box:1"
    assert resolve(settings, endpoint="http://other:2/").endpoint == "http://other:2"
    assert resolve(settings, auth={"client_kwargs": {"service_endpoint": "http://auth:3"}}).endpoint == "http://auth:3"


def test_what_the_home_knows_of_its_own_service_is_not_said_of_another(home: Path) -> None:
    profile = resolve(Settings(home=home, endpoint="http://box:1"))
    assert (profile.compartment_id, profile.project_id) == (None, None)


def test_a_project_in_the_environment_comes_before_the_default_one(home: Path) -> None:
    assert resolve(Settings(home=home, project_id="mine")).project_id == "mine"


def test_a_profile_inherits_from_default(home: Path) -> None:
    settings = Settings(home=home, config_file=home / "oci" / "config", config_profile="work")
    assert "ocid1.user.oc98..w" in resolve(settings).identity.key_id


def test_auth_may_be_a_config(home: Path, key: Any) -> None:
    config = {"user": "u", "tenancy": "t", "fingerprint": "f", "key_file": str(key.file)}
    assert resolve(Settings(home=home), auth={"config": config}).identity.key_id == "t/u/f"


def test_auth_may_be_a_signer_of_the_official_sdk(home: Path, key: Any) -> None:
    signer = SimpleNamespace(api_key="t/u/f", private_key=key.private)
    identity = resolve(Settings(home=home), auth={"config": {}, "signer": signer}).identity
    assert (identity.key_id, identity.private_key()) == ("t/u/f", key.private)


def test_a_signer_that_hides_its_key_is_refused(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="no api_key and private_key"):
        resolve(Settings(home=home), auth={"signer": object()})  # type: ignore[arg-type]


def test_no_service_at_all_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="modelyard up"):
        resolve(Settings(home=tmp_path))


@pytest.mark.parametrize("endpoint", ["box:8585", "ftp://box", "http://", "http://box/?x=1"])
def test_an_endpoint_that_is_no_address_is_named(home: Path, endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="no address"):
        resolve(Settings(home=home), endpoint=endpoint)


def test_a_missing_config_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere.*modelyard up"):
        read_identity(tmp_path / "nowhere")


def test_a_missing_profile_is_named_with_those_there_are(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="'play', only DEFAULT, work"):
        read_identity(home / "oci" / "config", "play")


def test_missing_entries_are_all_named() -> None:
    with pytest.raises(ConfigurationError, match="tenancy, fingerprint, key_file"):
        identity_of({"user": "u"}, where="here")


def test_a_config_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("user: u\n")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_identity(tmp_path / "config")


@pytest.mark.parametrize(
    ("content", "said"), [(b"no key", "no private key in PEM"), (None, "cannot be read"), (b"\xff\x00", "no private")]
)
def test_a_key_file_that_holds_no_key_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "key.pem"
    if content is not None:
        file.write_bytes(content)
    config = {"user": "u", "tenancy": "t", "fingerprint": "f", "key_file": str(file)}
    with pytest.raises(ConfigurationError, match=f"key.pem.*{said}"):
        identity_of(config, where="here").private_key()


def test_an_installation_that_is_damaged_says_so(tmp_path: Path) -> None:
    (tmp_path / "installation.json").write_text("[]")
    with pytest.raises(ConfigurationError, match="not what `modelyard up` writes"):
        read_installation(Settings(home=tmp_path))


def test_secrets_are_not_shown(key: Any) -> None:
    config = {"user": "u", "tenancy": "t", "fingerprint": "f", "key_file": str(key.file), "pass_phrase": "hunter2"}
    assert "hunter2" not in repr(identity_of(config, where="here"))


@pytest.mark.parametrize(
    ("url", "local"), [("http://127.0.0.1:1", True), ("http://localhost", True), ("http://box:1", False)]
)
def test_loopback_is_told_by_the_name(url: str, local: bool) -> None:
    assert is_loopback(url) is local
