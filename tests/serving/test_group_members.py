"""Models of groups: the group's score.py with the files of one model, loaded once and let go of at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SCORE = """
import os


def load_model(model_folder):
    with open(os.path.join(model_folder, "weights")) as file:
        return {"weight": int(file.read()), "folder": model_folder}


def predict(data, model):
    return data * model["weight"]


def unload_model(model):
    print("unloaded", model["weight"], flush=True)
    UNLOAD
"""


@pytest.fixture
def model(folder: Path) -> str:
    """Make the folder of a model."""
    made = folder / "model"
    made.mkdir()
    (made / "weights").write_text("7")
    return str(made)


def ask_and_drain(replica: Any) -> None:
    peer = replica.peer()
    assert peer.ask(b"3").body == b"21"
    peer.sock.close()
    replica.process.terminate()
    assert replica.process.wait(20) == 0
    assert replica.state.state == "STOPPED"


@pytest.mark.parametrize(("share_memory", "times"), [(True, 1), (False, 2)])
def test_the_scores_of_a_group_load_answer_and_let_go(ready: Any, model: str, share_memory: bool, times: int) -> None:
    replica = ready(SCORE.replace("UNLOAD", ""), model_dir=model, share_memory=share_memory)
    ask_and_drain(replica)
    assert replica.log.count("unloaded 7") == times  # once for each copy that was loaded


def test_an_unload_that_raises_stops_nobody(ready: Any, model: str) -> None:
    replica = ready(SCORE.replace("UNLOAD", "raise ValueError('no more')"), model_dir=model)
    ask_and_drain(replica)
    assert "ValueError: no more" in replica.log


def test_a_group_need_not_unload(ready: Any, model: str) -> None:
    ask_and_drain(ready(SCORE[: SCORE.index("def unload_model")], model_dir=model))


def test_a_model_of_a_group_that_does_not_load_says_so_with_its_own_traceback(start: Any, folder: Path) -> None:
    replica = start(SCORE.replace("UNLOAD", ""), model_dir=str(folder))
    assert replica.process.wait(20) == 1
    assert replica.state.error.type == "FileNotFoundError"
    assert "score.py" in replica.state.error.traceback


def test_a_score_that_takes_no_folder_is_told_so(start: Any, model: str) -> None:
    replica = start(model_dir=model)
    assert replica.process.wait(20) == 1
    assert "load_model() takes 0 positional arguments" in replica.state.error.message


def test_a_single_models_unload_is_its_own_affair(ready: Any) -> None:
    score = (
        "def load_model():\n    return 7\n\n\ndef predict(data, model=7):\n    return data * model\n\n\n"
        "def unload_model(model):\n    print('unloaded')\n"
    )
    replica = ready(score)
    ask_and_drain(replica)
    assert "unloaded" not in replica.log
