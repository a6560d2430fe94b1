"""What the first start makes: whole, private, the same at every start, and what the official SDK takes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelyard import ids
from modelyard.errors import ConfigurationError
from modelyard.server.installation import find, issuer_key_file, load, load_or_create, private_key_file
from modelyard.server.whole_file import make_own
from modelyard.settings import Settings
from modelyard.wire.signing import Verifier, sign

ENDPOINT = "http://127.0.0.1:8585"

# Makes an installation and kills itself before its n-th step that touches the home; then the next start completes it.
_KILLED_AT_EVERY_STEP = """
import itertools, json, os, signal, sys
from pathlib import Path
from modelyard.server.installation import find, load_or_create
from modelyard.settings import Settings
from modelyard.wire import signing
import cryptography.hazmat.primitives.asymmetric.rsa

def start(settings, step):
    steps = itertools.count(1)
    def on_event(event, arguments):
        if event in {"open", "os.mkdir", "os.rename", "os.chmod", "os.remove"} and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(on_event)
    load_or_create(settings, endpoint="http://127.0.0.1:1")
    os._exit(0)

for step in itertools.count(1):
    settings = Settings(home=Path(sys.argv[1]) / str(step))
    child = os.fork()
    if child == 0:
        start(settings, step)
    status = os.waitpid(child, 0)[1]
    before = find(settings)
    after = load_or_create(settings, endpoint="http://127.0.0.1:1")
    assert before is None or before == after, (before, after)
    if status == 0:
        print(step)
        break
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_the_first_start_makes_everything_private(settings: Settings) -> None:
    made = load_or_create(settings, endpoint=ENDPOINT)
    assert made == load(settings)
    assert ids.is_ocid(made.tenancy_id, ids.TENANCY)
    assert ids.is_ocid(made.user_id, ids.USER)
    assert ids.is_ocid(made.compartment_id, ids.COMPARTMENT)
    assert ids.is_ocid(made.project_id, ids.PROJECT)
    for path in settings.home.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert settings.home.stat().st_mode & 0o777 == 0o700
    assert private_key_file(settings).stat().st_mode & 0o777 == 0o600
    assert issuer_key_file(settings).stat().st_mode & 0o777 == 0o600


def test_a_later_start_changes_nothing_but_the_endpoint(settings: Settings) -> None:
    first = load_or_create(settings, endpoint=ENDPOINT)
    key = private_key_file(settings).read_bytes()
    second = load_or_create(settings, endpoint="http://127.0.0.1:9")
    assert second == replace(first, endpoint="http://127.0.0.1:9")
    assert private_key_file(settings).read_bytes() == key
    assert "http://127.0.0.1:9" in settings.own_config_file.read_text()


def test_a_start_that_changes_nothing_writes_nothing(settings: Settings) -> None:
    load_or_create(settings, endpoint=ENDPOINT)
    before = {path: path.stat().st_mtime_ns for path in settings.home.rglob("*")}
    load_or_create(settings, endpoint=ENDPOINT)
    assert {path: path.stat().st_mtime_ns for path in settings.home.rglob("*")} == before


def test_the_official_sdk_takes_the_profile_and_its_signatures_are_valid(settings: Settings) -> None:
    oci = pytest.importorskip("oci")
    made = load_or_create(settings, endpoint=ENDPOINT)
    config = oci.config.from_file(str(settings.own_config_file))
    oci.config.validate_config(config)
    signer = oci.signer.Signer.from_config(config)
    assert signer.api_key == made.key_id
    headers = sign(
        key=signer.private_key, key_id=signer.api_key, method="GET", target="/x", host="h", now=1_800_000_000.0
    )
    verifier = Verifier({made.key_id: made.public_key})
    signed_by = verifier.check(method="GET", target="/x", headers=headers, body=b"", now=1_800_000_000.0)
    assert signed_by == made.key_id


def test_a_first_start_that_is_killed_at_any_step_is_completed_by_the_next(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED_AT_EVERY_STEP, str(tmp_path)], capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10  # there were so many steps to be killed at
    for home in tmp_path.iterdir():
        _assert_whole(Settings(home=home))


def test_a_first_start_that_is_killed_at_any_time_is_completed_by_the_next(tmp_path: Path) -> None:
    chance = random.Random(20260101)
    program = (
        "import sys; from pathlib import Path; from modelyard.settings import Settings;"
        "from modelyard.server.installation import load_or_create;"
        "import cryptography.hazmat.primitives.asymmetric.rsa; print('begin', flush=True);"
        "load_or_create(Settings(home=Path(sys.argv[1])), endpoint='http://127.0.0.1:1')"
    )
    for number in range(8):
        home = tmp_path / str(number)
        with subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True) as first:
            assert first.stdout is not None
            first.stdout.readline()
            try:
                first.wait(chance.uniform(0.0, 0.15))
            except subprocess.TimeoutExpired:
                first.send_signal(signal.SIGKILL)
        before = find(Settings(home=home))
        after = load_or_create(Settings(home=home), endpoint="http://127.0.0.1:1")
        assert before in {None, after}
        _assert_whole(Settings(home=home))


def _assert_whole(settings: Settings) -> None:
    made = load(settings)
    text = settings.own_config_file.read_text()
    assert f"fingerprint={made.key_id.rpartition('/')[2]}\n" in text
    assert f"key_file={private_key_file(settings)}\n" in text
    assert private_key_file(settings).stat().st_mode & 0o777 == 0o600
    assert issuer_key_file(settings).stat().st_mode & 0o777 == 0o600
    left = [path.name for path in settings.home.rglob("*") if path.is_file()]
    assert sorted(left) == ["config", "installation.json", "issuer.pem", "private.pem"]


def test_a_removed_key_is_replaced_and_everything_else_stays(settings: Settings) -> None:
    first = load_or_create(settings, endpoint=ENDPOINT)
    private_key_file(settings).unlink()
    second = load_or_create(settings, endpoint=ENDPOINT)
    assert second.key_id != first.key_id
    assert second.public_key != first.public_key
    assert second.project_id == first.project_id
    _assert_whole(settings)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "{}", '{"endpoint": 1}'])
def test_a_damaged_installation_is_an_error_that_names_the_file(settings: Settings, text: str) -> None:
    load_or_create(settings, endpoint=ENDPOINT)
    settings.installation_file.write_text(text)
    with pytest.raises(ConfigurationError, match=str(settings.installation_file)):
        load(settings)


def test_a_key_that_is_none_is_an_error_that_says_what_to_do(settings: Settings) -> None:
    load_or_create(settings, endpoint=ENDPOINT)
    private_key_file(settings).write_text("no key")
    with pytest.raises(ConfigurationError, match="Remove it, and the next start makes one"):
        load_or_create(settings, endpoint=ENDPOINT)


def test_a_home_without_a_start_is_an_error_that_says_what_to_do(settings: Settings) -> None:
    assert find(settings) is None
    with pytest.raises(ConfigurationError, match="run `modelyard up`"):
        load(settings)


def test_what_clients_read_of_it_is_there(settings: Settings) -> None:
    load_or_create(settings, endpoint=ENDPOINT)
    fields: dict[str, Any] = json.loads(settings.installation_file.read_text())
    assert {"endpoint", "region", "tenancy_id", "user_id", "compartment_id", "project_id", "key_id"} <= set(fields)


def test_a_folder_of_sockets_that_others_could_write_to_is_refused(tmp_path: Path) -> None:
    make_own(tmp_path / "mine")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    for name in ("shared", "link"):
        with pytest.raises(ConfigurationError, match="is not a folder of yours alone"):
            make_own(tmp_path / name)
