"""Sessions: files that official clients read, private, and good for what they say."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from oci.config import from_file, validate_config
from oci.signer import load_private_key_from_file

from modelyard import ids
from modelyard.errors import ConfigurationError, UsageError
from modelyard.server.installation import Installation, issuers, load_or_create
from modelyard.server.sessions import Session, open_session
from modelyard.settings import Settings
from modelyard.wire.signing import Verifier, sign

NOW = datetime.now(timezone.utc)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def installation(settings: Settings) -> Installation:
    return load_or_create(settings, endpoint="http://127.0.0.1:8585")


def opened(settings: Settings, installation: Installation, **changes: Any) -> Session:
    said = {"name": "s", "subject": installation.user_id, "now": NOW, "lifetime": timedelta(hours=1), **changes}
    return open_session(settings, installation, **said)


def checked(settings: Settings, session: Session) -> str:
    """Return who signs with what the official SDK reads from the files, as the service takes it."""
    config = from_file(str(session.config_file))
    validate_config(config)
    key = load_private_key_from_file(config["key_file"])
    token = Path(config["security_token_file"]).read_text()
    request = {"method": "GET", "target": "/n", "now": NOW.timestamp()}
    headers = sign(key=key, key_id=f"ST${token}", host="yard.test", **request)
    return Verifier({}, issuers=issuers(settings)).check(headers=headers, body=b"", **request)


def test_the_service_takes_what_the_official_sdk_reads_from_the_files(settings: Any, installation: Any) -> None:
    said = checked(settings, opened(settings, installation))
    assert said.split("/")[:2] == [installation.tenancy_id, installation.user_id]


def test_shells_that_open_a_session_at_once_leave_a_token_and_its_key(settings: Any, installation: Any) -> None:
    with ThreadPoolExecutor(8) as shells:
        sessions = list(shells.map(lambda _: opened(settings, installation), range(24)))
    assert checked(settings, sessions[0]).startswith(installation.tenancy_id)


def test_the_files_are_their_owners_alone(settings: Any, installation: Any) -> None:
    folder = opened(settings, installation).token_file.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_session_of_the_same_name_is_renewed_in_place(settings: Any, installation: Any) -> None:
    first = opened(settings, installation)
    before = first.token_file.read_text(), first.key_file.read_bytes()
    second = opened(settings, installation, lifetime=timedelta(days=7))
    assert second.token_file == first.token_file
    assert second.token_file.read_text() != before[0]
    assert second.key_file.read_bytes() != before[1]
    assert sorted(path.name for path in second.token_file.parent.iterdir()) == ["config", "private.pem", "token"]


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "somebody"}, {"subject": ""}, {"name": "../x"}, {"name": ""}, {"name": "a/b"}, {"name": "x" * 65},
        {"lifetime": timedelta(0)}, {"lifetime": timedelta(seconds=-1)}, {"lifetime": timedelta(days=7, seconds=1)},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_writes_nothing(settings: Any, installation: Any, change: Any) -> None:
    before = sorted(settings.home.rglob("*"))
    with pytest.raises(UsageError):
        opened(settings, installation, **{"name": "refused", **change})
    assert sorted(settings.home.rglob("*")) == before


def test_without_a_first_start_there_is_nothing_to_sign_with(installation: Installation, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="modelyard up"):
        opened(Settings(home=tmp_path), installation)
    assert issuers(Settings(home=tmp_path)) == ()


def test_a_resource_can_have_a_session(settings: Any, installation: Any) -> None:
    assert opened(settings, installation, subject=ids.mint(ids.MODEL_DEPLOYMENT), name="r").subject.startswith("ocid1.")
