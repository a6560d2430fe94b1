"""Models that do not load: what is said, with the model's own traceback."""

from __future__ import annotations

import os
from typing import Any, cast

import pytest

from modelyard.serving.failure import Failure


def failed(start: Any, *arguments: str, **fields: Any) -> Failure:
    replica = start(*arguments, **fields)
    replica.process.wait(30)
    state = replica.observed
    assert state is not None
    assert state.state in {"FAILED", "DIED"}
    assert not any(os.path.exists(path) for path in replica.spec.sockets) or state.error.type == "ProcessDied"
    assert not replica.alive
    assert state.error is not None
    return cast("Failure", state.error)


@pytest.mark.parametrize("share_memory", [True, False])
def test_an_exception_is_told_with_the_models_own_traceback(start: Any, share_memory: bool) -> None:
    score = "def load_model():\n    return {}['weights']\n\ndef predict(data):\n    return data\n"
    error = failed(start, score, share_memory=share_memory)
    assert error.type == "KeyError"
    assert error.message == "'weights'"
    assert error.traceback.splitlines()[1].endswith('score.py", line 2, in load_model')
    assert error.traceback.endswith("KeyError: 'weights'\n")


@pytest.mark.parametrize("share_memory", [True, False])
@pytest.mark.parametrize("letter", ["x", "语", "😀", "\\x01"])
def test_a_long_failure_is_told_whatever_its_letters(start: Any, share_memory: bool, letter: str) -> None:
    score = f"def load_model():\n    raise ValueError('{letter}' * 100_000)\n\ndef predict(data):\n    return data\n"
    error = failed(start, score, share_memory=share_memory)
    assert error.type == "ValueError"
    assert error.message.startswith(letter.encode().decode("unicode_escape") if "\\" in letter else letter)


def test_a_missing_dependency_is_named(start: Any) -> None:
    error = failed(start, "import not_installed_anywhere\n")
    assert error.type == "ModuleNotFoundError"
    assert "not_installed_anywhere" in error.message
    assert "modelyard" not in error.traceback


def test_a_syntax_error_shows_its_line(start: Any) -> None:
    error = failed(start, "def load_model(:\n")
    assert error.type == "SyntaxError"
    assert "def load_model(:" in error.traceback


def test_an_exit_is_told_as_one(start: Any) -> None:
    error = failed(start, "import sys\n\nsys.exit(3)\n")
    assert error.type == "SystemExit"
    assert "sys.exit(3)" in error.message


def test_score_py_without_what_is_called_says_what_is_missing(start: Any) -> None:
    assert "predict(data)" in failed(start, "def load_model(): pass\n").message
    assert "load_model()" in failed(start, "def predict(data): pass\n").message


@pytest.mark.parametrize("share_memory", [True, False])
def test_a_crash_in_native_code_is_told_with_what_the_log_has(start: Any, share_memory: bool) -> None:
    score = "import ctypes\n\ndef load_model():\n    ctypes.string_at(0)\n\ndef predict(data): pass\n"
    error = failed(start, score, share_memory=share_memory)
    assert error.type == "ProcessDied"
    if share_memory:
        assert "Segmentation fault" in error.traceback
        assert "load_model" in error.traceback
    else:
        assert "SIGSEGV" in error.message


def test_an_end_without_a_word_is_told_as_one(start: Any) -> None:
    error = failed(start, "import os\n\nos._exit(4)\n")
    assert error.type == "ProcessDied"
    assert "os._exit" in error.message


@pytest.mark.parametrize("share_memory", [True, False])
def test_a_load_that_takes_too_long_is_given_up(start: Any, share_memory: bool) -> None:
    score = "import time\n\ndef load_model():\n    time.sleep(60)\n\ndef predict(data): pass\n"
    error = failed(start, score, load_timeout=0.5, share_memory=share_memory)
    assert error.type == "TimeoutError"
    assert "0.5 seconds" in error.message
    if share_memory:
        assert "in load_model" in error.traceback


def test_a_replica_told_to_stop_while_it_loads_stops_at_once(start: Any, until: Any) -> None:
    score = "import time\n\nprint('loading')\ntime.sleep(60)\n"
    replica = start(score)
    until(lambda: "loading" in replica.log)
    replica.process.terminate()
    assert replica.process.wait(10) == 0
    assert replica.state.state == "STOPPED"
