"""The same model is written in the same bytes: what the catalog knows by its digest is one thing."""

from __future__ import annotations

import copy
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from modelyard.artifact.serializers import Given
from modelyard.artifact.serializers.skops_file import save

X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)


def sparse() -> BaseEstimator:
    return KNeighborsClassifier().fit(sp.csr_matrix(X), Y)


def texts() -> BaseEstimator:
    return make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["a good film", "a bad film"], [1, 0])


def forest() -> BaseEstimator:
    return RandomForestClassifier(5, random_state=0).fit(X, Y)


def with_its_own_words() -> BaseEstimator:
    return LogisticRegression(class_weight={0: 1.0, 1: 2.0}).fit(X, Y).set_params(C=2.0)


@pytest.mark.parametrize("train", [sparse, texts, forest, with_its_own_words])
def test_two_that_were_trained_alike_are_written_alike(train: Any, tmp_path: Path) -> None:
    one, other = train(), train()
    save(one, tmp_path / "one.skops", Given())
    save(other, tmp_path / "other.skops", Given())
    assert (tmp_path / "one.skops").read_bytes() == (tmp_path / "other.skops").read_bytes()
    assert not list(tmp_path.glob("*.settled"))


@pytest.mark.parametrize("train", [sparse, texts, forest])
def test_what_was_numbered_anew_is_read_as_it_was(train: Any, tmp_path: Path) -> None:
    import skops.io

    model = train()
    save(model, tmp_path / "model.skops", Given())
    again = skops.io.load(tmp_path / "model.skops", trusted=skops.io.get_untrusted_types(file=tmp_path / "model.skops"))
    sample = ["a film", "bad"] if train is texts else X
    assert np.array_equal(again.predict_proba(sample), model.predict_proba(sample))


def test_keys_that_a_user_named_like_skops_own_stay(tmp_path: Path) -> None:
    import skops.io

    model = LogisticRegression()
    model.notes = {"__id__": 7, "file": "1.npy", "shared": [X, X]}
    save(copy.deepcopy(model), tmp_path / "model.skops", Given())
    notes = skops.io.load(tmp_path / "model.skops").notes
    assert (notes["__id__"], notes["file"]) == (7, "1.npy")
    assert notes["shared"][0] is notes["shared"][1]
    assert np.array_equal(notes["shared"][0], X)


def test_no_place_in_memory_is_told(tmp_path: Path) -> None:
    save(forest(), tmp_path / "model.skops", Given())
    with zipfile.ZipFile(tmp_path / "model.skops") as archive:
        schema = json.loads(archive.read("schema.json"))
        assert all(len(Path(name).stem) < 7 for name in archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert schema["__id__"] < 100_000
