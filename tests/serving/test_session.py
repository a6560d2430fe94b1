"""A replica that belongs to one process: what verify() uses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.errors import ConfigurationError, ModelLoadError, ServiceUnavailable
from modelyard.serving.session import ModelSession


@pytest.fixture
def artifact(tmp_path: Path) -> Callable[[str], Path]:
    def write(score: str) -> Path:
        (tmp_path / "score.py").write_text(score)
        return tmp_path

    return write


def sessions_folder(session: ModelSession) -> Path:
    return session._folder


def test_a_session_answers_as_the_endpoint_would(artifact: Any, score: Any) -> None:
    folder = artifact(score("print('seen', data)\nreturn [data, os.environ['EXTRA']]"))
    with ModelSession(folder, python=sys.executable, environ={"EXTRA": "x"}) as session:
        assert session.predict(b'{"a": 1}') == (200, "application/json", b'[{"a":1},"x"]')
        assert session.predict(b"{").status == 400
        failed = session.predict(b"raw", "text/plain")
        assert json.loads(failed.body)["code"] == "PredictionFailed"
        assert "seen {'a': 1}" in session.log
        own = sessions_folder(session)
    assert not own.exists()
    assert os.listdir(folder) == ["score.py"]
    with pytest.raises(ServiceUnavailable, match="closed"):
        session.predict(b"1")


def test_a_model_that_does_not_load_raises_its_traceback(artifact: Any) -> None:
    folder = artifact("def load_model():\n    raise ValueError('no weights')\n\ndef predict(data): pass\n")
    with pytest.raises(ModelLoadError, match=r"(?s)score\.py.*line 2, in load_model.*ValueError: no weights"):
        ModelSession(folder, python=sys.executable)


def test_a_crash_while_loading_raises_what_the_log_has(artifact: Any) -> None:
    folder = artifact("import ctypes\n\nctypes.string_at(0)\n")
    with pytest.raises(ModelLoadError, match=r"(?s)SIGSEGV.*Segmentation fault"):
        ModelSession(folder, python=sys.executable)


def test_an_interpreter_that_is_not_there_says_so(artifact: Any) -> None:
    with pytest.raises(ConfigurationError, match="/no/such/python"):
        ModelSession(artifact(""), python="/no/such/python")


def test_a_worker_that_dies_over_a_request_fails_it_alone(artifact: Any, score: Any) -> None:
    folder = artifact(score("if data:\n    os._exit(1)\nreturn 'here'"))
    with ModelSession(folder, python=sys.executable) as session:
        with pytest.raises(ServiceUnavailable, match="died"):
            session.predict(b"1")
        assert session.predict(b"0").body == b'"here"'


@pytest.mark.parametrize("end", ["exit", "interrupt", "kill"])
def test_nothing_stays_behind_when_the_owner_ends(
    artifact: Any, score: Any, until: Any, running: Any, end: str
) -> None:
    folder = artifact(score("return [os.getpid(), os.getppid()]"))
    code = f"""
import sys
from typing import Any
from modelyard.serving.session import ModelSession
session = ModelSession({str(folder)!r}, python=sys.executable)
print(session.predict(b"0").body.decode(), session._folder, flush=True)
sys.stdin.read()
"""
    owner = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert owner.stdin
    assert owner.stdout
    pids, own = owner.stdout.readline().decode().strip().rsplit(" ", 1)
    if end == "exit":
        owner.stdin.close()
    else:
        owner.send_signal(signal.SIGINT if end == "interrupt" else signal.SIGKILL)
    owner.wait(20)
    owner.stdout.close()
    owner.stdin.close()
    until(lambda: not any(map(running, json.loads(pids))))
    if end != "kill":
        assert not Path(own).exists()
