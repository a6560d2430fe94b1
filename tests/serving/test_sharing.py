"""Frameworks whose threads or programs are in no fork: each worker loads its own model."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from modelyard.serving.session import ModelSession
from modelyard.serving.sharing import wants_sharing

OWN = """
import os

{head}
LOADED_IN = []


def load_model():
    LOADED_IN.append(os.getpid())


def predict(data):
    return LOADED_IN == [os.getpid()]
"""


def test_a_score_py_says_that_workers_share_no_model(ready: Any) -> None:
    replica = ready(OWN.format(head="share_memory = False"))
    assert [replica.peer(index).ask(b"0").body for index in range(2)] == [b"true", b"true"]
    assert "each loads its own" not in replica.log  # it was known before anything was loaded


def test_a_framework_that_cannot_be_forked_is_loaded_by_each_worker(ready: Any) -> None:
    head = "import sys\nsys.modules['tensorflow'] = os\n"
    replica = ready(OWN.format(head=head))
    assert [replica.peer(index).ask(b"0").body for index in range(2)] == [b"true", b"true"]
    assert "cannot be forked; each loads its own" in replica.log


def test_a_session_starts_over_too_and_still_ends_with_its_owner(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(OWN.format(head="import sys\nsys.modules['tensorflow'] = os\n"))
    with ModelSession(tmp_path, python=sys.executable) as session:
        assert session.predict(b"0").body == b"true"
        assert "each loads its own" in session.log


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("share_memory = False", False),
        ("share_memory = True", True),
        ("def f():\n    share_memory = False", True),
        ("not python", True),
        ("", True),
    ],
)
def test_only_a_plain_no_at_the_top_is_one(text: str, shares: bool, tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(text)
    assert wants_sharing(str(tmp_path)) is shares
    assert wants_sharing(str(tmp_path / "nowhere"))


TREES = """
import numpy as np


def load_model():
    from lightgbm import LGBMRegressor

    rows = np.random.default_rng(0).random((2000, 4))
    return LGBMRegressor(n_estimators=5, verbose=-1, n_jobs=0).fit(rows, rows.sum(axis=1))


def predict(data, model):
    return bool(np.isfinite(model.predict(np.tile(data, (20000, 1)))).all())
"""


@pytest.mark.parametrize(("threads", "shares"), [("1", True), ("2", False)])
def test_trees_answer_with_as_many_threads_as_they_are_given(threads: str, shares: bool, tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(TREES)
    environ = {**os.environ, "OMP_NUM_THREADS": threads}
    with ModelSession(tmp_path, python=sys.executable, environ=environ, predict_timeout=20) as session:
        assert session.predict(b"[1, 2, 3, 4]").body == b"true"
        assert ("each loads its own" in session.log) is not shares
