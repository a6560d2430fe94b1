"""The folder of an artifact, and its score.py in this process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard import errors
from modelyard.artifact.digests import digest_of_folder
from modelyard.model.artifact import (
    AritfactFolderStructureError,
    ArtifactNestedFolderError,
    ArtifactRequiredFilesError,
    ModelArtifact,
    check_structure,
)
from modelyard.model.framework.sklearn_model import SklearnModel

SCORE = """
import helper

model_name = "model.bin"

def load_model():
    return helper.NAME

def predict(data, model=None):
    import late
    return {"prediction": [helper.NAME, late.NAME, data]}
"""
RUNTIME = "MODEL_ARTIFACT_VERSION: '3.0'\n"


@pytest.fixture
def make_artifact(tmp_path: Path) -> Callable[[str], Path]:
    """Makes artifacts whose helper modules have the same names."""

    def make(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "score.py").write_text(SCORE)
        (folder / "helper.py").write_text(f"NAME = {name!r}\n")
        (folder / "late.py").write_text(f"NAME = 'late of {name}'\n")
        (folder / "runtime.yaml").write_text(RUNTIME)
        return folder

    return make


def test_a_name_that_is_not_its_own_is_looked_up_in_score_py(make_artifact: Callable[[str], Path]) -> None:
    artifact: Any = ModelArtifact(str(make_artifact("one")), reload=True)
    assert artifact.predict(3) == {"prediction": ["one", "late of one", 3]}
    assert (artifact.model, artifact.model_name, artifact.model_file_name) == ("one", "model.bin", "model.bin")
    assert artifact.score.model_name == "model.bin"
    with pytest.raises(AttributeError, match="nonsense"):
        _ = artifact.nonsense
    unloaded: Any = ModelArtifact(artifact.artifact_dir)
    with pytest.raises(AttributeError, match="reload"):
        unloaded.predict(3)


def test_two_artifacts_with_helpers_of_one_name_run_their_own(make_artifact: Callable[[str], Path]) -> None:
    path, modules = list(sys.path), set(sys.modules)
    before = digest_of_folder(make_artifact("zero"))
    one: Any = ModelArtifact(str(make_artifact("one")), reload=True)
    two: Any = ModelArtifact(str(make_artifact("two")), reload=True)
    assert one.predict(1) == {"prediction": ["one", "late of one", 1]}
    assert two.predict(2) == {"prediction": ["two", "late of two", 2]}
    assert one.predict(1) == {"prediction": ["one", "late of one", 1]}
    assert sys.path == path
    assert {"helper", "late"} & (set(sys.modules) - modules) == set()
    zero: Any = ModelArtifact(str(Path(one.artifact_dir).parent / "zero"), reload=True)
    zero.predict(0)
    assert digest_of_folder(Path(zero.artifact_dir)) == before


def test_a_module_of_the_same_name_elsewhere_stays_what_it_is(
    make_artifact: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = make_artifact("one")
    (folder / "colorsys.py").write_text("NAME = 'of the artifact'\n")
    (folder / "score.py").write_text("def load_model():\n    import colorsys\n    return colorsys.NAME\n")
    import colorsys

    assert ModelArtifact(str(folder), reload=True).model == "of the artifact"
    assert sys.modules["colorsys"] is colorsys


def test_reloading_takes_score_py_as_it_is_now(make_artifact: Callable[[str], Path]) -> None:
    folder = make_artifact("one")
    artifact: Any = ModelArtifact(str(folder), reload=True)
    (folder / "helper.py").write_text("NAME = 'changed, and longer'\n")
    artifact.reload()
    assert artifact.model == "changed, and longer"


def test_a_score_py_that_does_not_load_says_why(make_artifact: Callable[[str], Path]) -> None:
    folder = make_artifact("one")
    (folder / "helper.py").write_text("raise RuntimeError('no luck')\n")
    with pytest.raises(errors.ModelLoadError, match="RuntimeError: no luck"):
        ModelArtifact(str(folder), reload=True)
    (folder / "score.py").write_text("def load_model(): return 1 / 0\n")
    with pytest.raises(errors.ModelLoadError, match=r"load_model\(\) in score.py: ZeroDivisionError"):
        ModelArtifact(str(folder), reload=True)
    (folder / "score.py").write_text("x = 1\n")
    with pytest.raises(errors.ModelLoadError, match="no function load_model"):
        ModelArtifact(str(folder), reload=True)
    (folder / "score.py").unlink()
    with pytest.raises(errors.ArtifactLayoutError, match=r"no score\.py"):
        ModelArtifact(str(folder), reload=True)


def test_an_artifact_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="artifact_dir is empty"):
        ModelArtifact("")
    with pytest.raises(ValueError, match="artifact_dir is empty"):
        ModelArtifact.from_uri(str(tmp_path), artifact_dir="")
    auth: Any = {"config": {}}
    assert ModelArtifact(str(tmp_path), auth=auth).auth is auth


@pytest.mark.parametrize("form", ["folder", "zip", "tar", "gztar", "nested"])
def test_an_artifact_comes_from_any_folder_or_archive(
    make_artifact: Callable[[str], Path], tmp_path: Path, form: str
) -> None:
    source = made = make_artifact("one")
    if form == "nested":
        source = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", made.parent, made.name))
    elif form != "folder":
        source = Path(shutil.make_archive(str(tmp_path / "packed"), form, made))
    artifact: Any = ModelArtifact.from_uri(str(source), artifact_dir=str(tmp_path / "loaded"), reload=True)
    assert artifact.predict(1)["prediction"][0] == "one"
    assert (artifact.model_file_name, artifact.local_copy_dir) == ("model.bin", str(source))
    with pytest.raises(FileExistsError):
        ModelArtifact.from_uri(str(source), artifact_dir=str(tmp_path / "loaded"))
    ModelArtifact.from_uri(str(source), artifact_dir=str(tmp_path / "loaded"), force_overwrite=True)


def test_what_is_not_there_cannot_be_taken(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    with pytest.raises(ValueError, match="no folder or archive"):
        ModelArtifact.from_uri(gone, artifact_dir=gone)
    assert not Path(gone).exists()


def test_each_fault_of_an_artifacts_structure_has_its_error(
    make_artifact: Callable[[str], Path], tmp_path: Path
) -> None:
    made = make_artifact("one")
    with pytest.raises(ArtifactNestedFolderError, match="one") as nested:
        check_structure(tmp_path)
    assert nested.value.folder == str(made)
    (made / "inside").mkdir()
    (made / "runtime.yaml").rename(made / "inside" / "runtime.yaml")
    with pytest.raises(AritfactFolderStructureError, match="different folders"):
        ModelArtifact.from_uri(str(made), artifact_dir=str(tmp_path / "loaded"))
    (made / "inside" / "runtime.yaml").unlink()
    with pytest.raises(ArtifactRequiredFilesError, match=r"no runtime.yaml") as lacking:
        check_structure(made)
    assert lacking.value.required_files == ("runtime.yaml",)
    with pytest.warns(UserWarning, match=r"no runtime.yaml"):
        ModelArtifact.from_uri(str(made), artifact_dir=str(tmp_path / "other"))


def test_runtime_yaml_is_written_and_not_written_over(tmp_path: Path) -> None:
    artifact = ModelArtifact(str(tmp_path / "new"))
    info = artifact.prepare_runtime_yaml(
        "generalml_p311_cpu_x86_64_v1", inference_python_version="3.11", training_conda_env=sys.prefix
    )
    text = (tmp_path / "new" / "runtime.yaml").read_text()
    assert "INFERENCE_PYTHON_VERSION: '3.11'" in text
    assert info.to_yaml() == text
    assert info.model_provenance.training_conda_env.training_env_path == Path(sys.prefix).as_uri()
    with pytest.raises(FileExistsError, match="force_overwrite=True"):
        artifact.prepare_runtime_yaml("other_p311", inference_python_version="3.11")
    assert (tmp_path / "new" / "runtime.yaml").read_text() == text
    info = artifact.prepare_runtime_yaml(
        "mine_v1", inference_python_version="3.11", force_overwrite=True, namespace="ns", bucketname="packs"
    )
    env = info.model_deployment.inference_conda_env
    assert (env.inference_env_path, env.inference_env_slug, env.inference_env_type) == (
        "oci://packs@ns/service_pack/local/mine_v1",
        "mine_v1",
        "published",
    )
    with pytest.raises(ValueError, match="inference_conda_env is empty"):
        artifact.prepare_runtime_yaml("", force_overwrite=True)
    unnamed = artifact.prepare_runtime_yaml("", force_overwrite=True, ignore_conda_error=True)
    assert unnamed.record().environment is None


def test_a_schema_is_copied_and_one_that_is_not_there_is_said(tmp_path: Path) -> None:
    artifact = ModelArtifact(str(tmp_path / "new"))
    schema = tmp_path / "input_schema.json"
    schema.write_text('{"schema": [], "version": "1.1"}')
    artifact.prepare_schema(str(schema))
    assert (tmp_path / "new" / "input_schema.json").read_text() == schema.read_text()
    with pytest.raises(FileExistsError, match="There is no schema"):  # as the reference calls it
        artifact.prepare_schema("no_such_schema.json")
    schema.write_text("[]")
    with pytest.raises(ValueError, match="schema cannot be read"):
        artifact.prepare_schema(str(schema))


@pytest.mark.parametrize("template", ["scikit-learn", "score_scikit-learn", "score-pkl", "generic"])
def test_score_py_is_written_for_a_models_file(
    make_model: Callable[..., SklearnModel], iris: Any, nowhere: Path, template: str
) -> None:
    model = make_model(model_save_serializer="cloudpickle").prepare(model_file_name="model.pkl")
    flowers = iris.data.head(3)
    expected = model.estimator.predict(flowers).tolist()  # type: ignore[attr-defined]
    artifact: Any = ModelArtifact(str(model.artifact_dir))
    artifact.prepare_score_py(template, "model.pkl")
    artifact.reload()
    assert artifact.predict({"data": flowers.to_dict("list"), "data_type": "pandas.core.frame.DataFrame"}) == {
        "prediction": expected
    }
    assert model.model_artifact is not None
    assert model.model_artifact.model_file_name == "model.pkl"


def test_a_score_py_for_nothing_is_refused_in_words(tmp_path: Path) -> None:
    artifact = ModelArtifact(str(tmp_path / "new"))
    with pytest.raises(ValueError, match="model_file_name is not known"):
        artifact.prepare_score_py("scikit-learn")
    with pytest.raises(ValueError, match=r"There is no score\.py for 'nonsense'"):
        artifact.prepare_score_py("nonsense", "model.pkl")
    with pytest.raises(ValueError, match=r"reads 'model.xyz' by its suffix"):
        artifact.prepare_score_py("generic", "model.xyz")
    with pytest.raises(NotImplementedError, match="reads json"):
        artifact.prepare_score_py("generic", "model.pkl", data_deserializer="cloudpickle")
    artifact.prepare_score_py("score_generic", "model.xyz")
    with pytest.raises(errors.ModelLoadError, match="yours to write"):
        artifact.reload()
