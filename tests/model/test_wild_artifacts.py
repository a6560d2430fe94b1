"""Artifacts as they are found: made by hand, by other tools, and long ago."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from modelyard import errors
from modelyard.model.generic_model import GenericModel

SCORE = """
import json, os

def load_model(model_file_name="weights.json"):
    with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), model_file_name)) as file:
        return json.load(file)

def predict(data, model=load_model()):
    return {"prediction": [model["w"] * each for each in data]}
"""
RUNTIME = """\
MODEL_ARTIFACT_VERSION: '3.0'
MODEL_DEPLOYMENT:
  INFERENCE_CONDA_ENV:
    INFERENCE_ENV_SLUG: generalml_p310_cpu_x86_64_v1
    INFERENCE_ENV_TYPE: data_science
    INFERENCE_ENV_PATH: oci://service-conda-packs@id19sfcrra6z/service_pack/cpu/generalml_p310_cpu_x86_64_v1
    INFERENCE_PYTHON_VERSION: 3.10
"""

pytestmark = pytest.mark.filterwarnings("ignore:The artifact is to serve in")


@pytest.fixture
def wild(tmp_path: Path, nowhere: Path) -> Path:
    """An artifact made by hand: no provenance, no name of the model's file, a version without quotes."""
    folder = tmp_path / "wild"
    folder.mkdir()
    (folder / "score.py").write_text(SCORE)
    (folder / "weights.json").write_text('{"w": 3}')
    (folder / "runtime.yaml").write_text(RUNTIME)
    return folder


def load(source: Path, folder: Path, **options: Any) -> GenericModel:
    return GenericModel.from_model_artifact(str(source), artifact_dir=str(folder), **options)


def test_no_provenance_and_no_quotes_are_no_trouble(wild: Path, tmp_path: Path) -> None:
    model = load(wild, tmp_path / "loaded", reload=True)
    assert model.runtime_info is not None
    env = model.runtime_info.model_deployment.inference_conda_env
    assert env.inference_python_version == "3.10"
    assert model.runtime_info.model_provenance.training_code.artifact_directory == ""
    assert model.model_file_name is None
    assert model.verify([1, 2]) == {"prediction": [3, 6]}
    model.reload_runtime_info()
    assert "'3.10'" in model.runtime_info.to_yaml()


def test_a_version_that_some_tool_took_for_a_number_is_said(wild: Path, tmp_path: Path) -> None:
    (wild / "runtime.yaml").write_text(RUNTIME.replace("3.10", "3.1"))
    with pytest.raises(errors.RuntimeYamlError, match=r"If 3\.10 was meant"):
        load(wild, tmp_path / "loaded")


def test_tabs_are_named_with_their_line(wild: Path, tmp_path: Path) -> None:
    (wild / "runtime.yaml").write_text(RUNTIME.replace("    INFERENCE_ENV_TYPE", "\tINFERENCE_ENV_TYPE"))
    with pytest.raises(errors.RuntimeYamlError, match=r"(?i)line 5.*tab|tab.*line 5"):
        load(wild, tmp_path / "loaded")


COLUMN = {"dtype": "float64", "feature_type": "Float", "name": "x", "domain": {"values": "", "stats": {}}}


@pytest.mark.parametrize(
    "text",
    [
        {"schema": [{**COLUMN, "required": True, "description": "x", "order": 0}], "version": "1.1"},
        {"schema": [{**COLUMN, "required": True, "description": "x"}], "version": "1.0"},
        {"schema": [COLUMN]},
    ],
    ids=["1.1", "1.0", "none"],
)
def test_schemas_of_every_version_are_read(wild: Path, tmp_path: Path, text: dict[str, object]) -> None:
    (wild / "input_schema.json").write_text(json.dumps(text))
    model = load(wild, tmp_path / "loaded")
    [column] = model.schema_input.attributes
    assert (column.name, column.dtype, column.order) == ("x", "float64", 0)


@pytest.mark.parametrize(
    ("form", "depth"),
    [*((form, depth) for form in ("zip", "tar", "gztar") for depth in range(3)), ("bztar", 1), ("xztar", 0)],
)
def test_archives_of_every_form_and_depth_load(wild: Path, tmp_path: Path, form: str, depth: int) -> None:
    top = wild
    for level in range(depth):
        above = tmp_path / f"level-{level}"
        above.mkdir()
        top = Path(shutil.move(top, above)).parent
    archive = shutil.make_archive(str(tmp_path / "packed"), form, top)
    model = load(Path(archive), tmp_path / "loaded")
    assert model.verify([5]) == {"prediction": [15]}


def test_a_folder_around_the_artifact_is_taken_off(wild: Path, tmp_path: Path) -> None:
    (tmp_path / "around").mkdir()
    shutil.move(wild, tmp_path / "around")
    (tmp_path / "around" / ".DS_Store").write_bytes(b"x")
    assert load(tmp_path / "around", tmp_path / "loaded").verify([1]) == {"prediction": [3]}


def test_the_name_of_the_models_file_may_be_given(wild: Path, tmp_path: Path) -> None:
    assert load(wild, tmp_path / "loaded", model_file_name="weights.json").model_file_name == "weights.json"


def test_owners_and_times_in_a_tar_do_not_matter(wild: Path, tmp_path: Path) -> None:
    def odd(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid, member.uname, member.mtime, member.mode = 12345, "nobody-here", 0, 0o000
        return member

    with tarfile.open(tmp_path / "odd.tar", "w") as archive:
        archive.add(wild, arcname=".", filter=odd)
    assert load(tmp_path / "odd.tar", tmp_path / "loaded").verify([2]) == {"prediction": [6]}


# ── introspection ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_that_holds_no_artifact_fails_and_nothing_is_written_into_it(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("notes")
    model = GenericModel(artifact_dir=str(tmp_path))
    rows = model.introspect()
    assert "Failed" in set(rows["Result"])
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_with_half_an_artifact_gets_its_results(wild: Path) -> None:
    (wild / "runtime.yaml").unlink()
    GenericModel(artifact_dir=str(wild)).introspect()
    assert (wild / "test_json_output.json").is_file()
