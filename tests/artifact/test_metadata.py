"""What prepare knows by itself: facts of the estimator, metadata within its limits, README.md."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from modelyard.artifact import metadata, readme_md
from modelyard.artifact.estimator import EstimatorFacts, describe_estimator
from modelyard.artifact.provenance import TrainingCode
from modelyard.artifact.runtime_yaml import InferenceEnvironment
from modelyard.artifact.serializers import serializer_named
from modelyard.errors import ArtifactError

ENVIRONMENT = InferenceEnvironment(path="file:///env", python_version="3.12", slug="py312-0123", type="published")


class _Own(RandomForestClassifier):  # type: ignore[misc] # scikit-learn has no types
    """A class of one's own, of a framework's kind."""


def test_a_scikit_learn_model_is_told_by_its_classes() -> None:
    import sklearn

    facts = describe_estimator(RandomForestClassifier(n_estimators=7))
    assert (facts.framework, facts.framework_version) == ("scikit-learn", sklearn.__version__)
    assert facts.algorithm == "RandomForestClassifier"
    assert facts.hyperparameters is not None
    assert facts.hyperparameters["n_estimators"] == "7"
    assert list(facts.hyperparameters) == sorted(facts.hyperparameters)
    assert describe_estimator(_Own()).framework == "scikit-learn"
    assert describe_estimator(Pipeline([("f", RandomForestClassifier())])).algorithm == "Pipeline"


def test_what_is_no_frameworks_is_told_as_far_as_it_goes() -> None:
    assert describe_estimator(None) == EstimatorFacts()
    assert describe_estimator(threading.Event()) == EstimatorFacts(algorithm="Event")


def test_custom_metadata_has_all_keys() -> None:
    items = metadata.custom_items(environment=ENVIRONMENT, files=["b", "a"], model_file_name="model.joblib")
    assert {item.key: item.value for item in items} == {
        "CondaEnvironment": "file:///env",
        "CondaEnvironmentPath": "file:///env",
        "EnvironmentType": "published",
        "SlugName": "py312-0123",
        "ModelArtifacts": "a, b",
        "ModelSerializationFormat": "joblib",
        "ModelFileName": "model.joblib",
        "ClientLibrary": "modelyard",
    }
    assert all(
        item.value is None for item in metadata.custom_items(environment=None, files=[], model_file_name=None)[:-1]
    )


def test_a_list_of_too_many_files_says_how_many_are_missing() -> None:
    items = metadata.custom_items(environment=None, files=[f"file-{n:05}" for n in range(5000)], model_file_name=None)
    value = next(item.value for item in items if item.key == "ModelArtifacts")
    assert value is not None
    assert len(value) <= metadata.VALUE_LIMIT
    shown = value.count("file-")
    assert value.endswith(f"… and {5000 - shown} more")


def test_the_readme_tells_what_is_known() -> None:
    text = readme_md.render(
        readme_md.Readme(
            facts=EstimatorFacts(framework="scikit-learn", framework_version="1.9", algorithm="Forest"),
            environment=ENVIRONMENT,
            code=TrainingCode(repository_url="https://example.org/a.git", git_commit="abc"),
            files=("score.py", "model.joblib", "data.csv"),
            model_file_name="model.joblib",
        )
    )
    assert text.startswith("# Forest\n")
    assert all(
        word in text for word in ("scikit-learn 1.9", "abc", "`model.joblib`: the model", "- `data.csv`", "Try it")
    )
    empty = readme_md.Readme(facts=EstimatorFacts(), environment=None, code=TrainingCode(), files=())
    assert "Nothing is recorded" in readme_md.render(empty)


@pytest.mark.parametrize("name", ["cloudpickle", "joblib", "pickle", "skops"])
def test_what_cannot_be_serialized_is_said_and_leaves_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtifactError, match="lock"):
        serializer_named(name).written({"lock": threading.Lock()}, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["cloudpickle", "joblib", "pickle"])
def test_serializers_load_what_they_saved(tmp_path: Path, name: str) -> None:
    serializer = serializer_named(name)
    assert serializer.load is not None
    serializer.written({"a": (1, 2)}, tmp_path / f"model{serializer.suffix}")
    assert serializer.load(tmp_path / f"model{serializer.suffix}") == {"a": (1, 2)}
