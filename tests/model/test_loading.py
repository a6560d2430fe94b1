"""Artifacts that are there already: on this machine and in the catalog."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard import errors
from modelyard.artifact.digests import digest_of_folder
from modelyard.artifact.runtime_yaml import Provenance
from modelyard.model import loading
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel

FLOWER = [[5.1, 3.5, 1.4, 0.2]]


@pytest.fixture
def artifact(make_model: Callable[..., SklearnModel], nowhere: Path, iris: Any) -> Path:
    """The folder of an artifact."""
    return Path(str(make_model("made").prepare(X_sample=iris.data).artifact_dir))


def as_zip(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder))


def as_tar(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "tar", folder))


def as_tar_gz(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "gztar", folder))


def nested(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder) + "-nested", "zip", folder.parent, folder.name))


@pytest.mark.parametrize("form", [Path, as_zip, as_tar, as_tar_gz, nested])
def test_folders_and_archives_load(artifact: Path, form: Callable[[Path], Path], tmp_path: Path) -> None:
    model = SklearnModel.from_model_artifact(str(form(artifact)), artifact_dir=str(tmp_path / "loaded"))
    assert model.model_file_name == "model.skops"
    assert digest_of_folder(tmp_path / "loaded") == digest_of_folder(artifact)
    assert len(model.schema_input.attributes) == 4
    assert list(model.summary_status().reset_index()["Status"])[1:6] == ["Not Applicable"] * 4 + ["Available"]


def test_a_folder_is_used_where_it_is(artifact: Path) -> None:
    model = SklearnModel.from_model_artifact(str(artifact), artifact_dir=str(artifact))
    assert model.artifact_dir == str(artifact)


def test_what_is_in_the_way_stays_unless_told(artifact: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "mine").write_text("x")
    for source in (artifact, as_zip(artifact)):
        with pytest.raises(FileExistsError, match="force_overwrite=True"):
            SklearnModel.from_model_artifact(str(source), artifact_dir=str(target))
        assert [path.name for path in target.iterdir()] == ["mine"]
    SklearnModel.from_model_artifact(str(artifact), artifact_dir=str(target), force_overwrite=True)
    assert not (target / "mine").exists()
    assert digest_of_folder(target) == digest_of_folder(artifact)


def test_a_source_that_is_not_there_deletes_nothing(artifact: Path, tmp_path: Path) -> None:
    before = digest_of_folder(artifact)
    with pytest.raises(ValueError, match="no folder or archive"):
        SklearnModel.from_model_artifact(str(tmp_path / "gone"), artifact_dir=str(artifact), force_overwrite=True)
    assert digest_of_folder(artifact) == before


def test_an_archive_that_leaves_its_folder_is_refused_and_deletes_nothing(artifact: Path, tmp_path: Path) -> None:
    before = digest_of_folder(artifact)
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../score.py", "")
    with pytest.raises(errors.UnsafeArchiveError):
        SklearnModel.from_model_artifact(str(evil), artifact_dir=str(artifact), force_overwrite=True)
    assert digest_of_folder(artifact) == before


def test_an_artifact_that_nothing_here_reaches_is_refused_in_words() -> None:
    with pytest.raises(ImportError, match="install fsspec"):
        GenericModel.from_model_artifact("nowhere://bucket/artifact.zip")


def test_a_folder_cannot_be_copied_into_itself(artifact: Path) -> None:
    with pytest.raises(ValueError, match="name another artifact_dir"):
        GenericModel.from_model_artifact(str(artifact), artifact_dir=str(artifact / "inside"))


def test_an_artifact_that_lacks_a_file_is_loaded_with_a_warning(artifact: Path, tmp_path: Path) -> None:
    (artifact / "runtime.yaml").unlink()
    with pytest.warns(UserWarning, match="lacks score.py or runtime.yaml"):
        GenericModel.from_model_artifact(str(artifact), artifact_dir=str(tmp_path / "loaded"))


def test_a_runtime_yaml_without_provenance_loads(artifact: Path, tmp_path: Path) -> None:
    file = artifact / "runtime.yaml"
    file.write_text(file.read_text().partition("MODEL_PROVENANCE")[0])
    (artifact / "score.py").write_text("def load_model(): return 1\n\ndef predict(data, model=None): return {}\n")
    model = GenericModel.from_model_artifact(str(artifact), artifact_dir=str(tmp_path / "loaded"), reload=True)
    model.reload_runtime_info()
    assert model.runtime_info is not None
    assert model.runtime_info.record().provenance == Provenance()


def test_the_name_of_the_models_file_is_read_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("import nothing_of_that_name\nmodel_name = 'm.pkl'\n")
    assert loading.model_file_of(tmp_path) == "m.pkl"
    (tmp_path / "score.py").write_text("model_name = 1 +\n")
    assert loading.model_file_of(tmp_path) is None


@pytest.mark.parametrize("text", ["[]", "{", '{"schema": [{"dtype": "int"}]}', '{"schema": [3]}'])
def test_a_schema_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="schema cannot be read"):
        loading.schema_of(text)


def test_a_schema_comes_back_as_it_was(artifact: Path) -> None:
    text = (artifact / "input_schema.json").read_text()
    assert loading.schema_of(text).to_json() == text


def test_an_artifact_is_written_as_a_zip(artifact: Path, tmp_path: Path) -> None:
    model = GenericModel.from_model_artifact(str(artifact), artifact_dir=str(artifact))
    model.upload_artifact(str(tmp_path / "out"))
    model.upload_artifact(str(tmp_path / "named.zip"))
    with zipfile.ZipFile(tmp_path / "named.zip") as archive:
        assert "score.py" in archive.namelist()
    with pytest.raises(FileExistsError):
        model.upload_artifact(str(tmp_path / "named.zip"))
    with pytest.raises(ImportError, match="install fsspec"):
        model.upload_artifact("nowhere://b/p")


@pytest.mark.parametrize("ocid", ["x", "ocid1.datascienceproject.oc98.local-1.abc"])
def test_the_id_of_something_else_is_refused(ocid: str) -> None:
    with pytest.raises(ValueError, match="neither a model nor a model deployment"):
        GenericModel.from_id(ocid)


# ── from the catalog ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_comes_back_from_the_catalog_as_it_was_saved(
    make_model: Any, at_service: Any, iris: Any, tmp_path: Path
) -> None:
    model = make_model().prepare(X_sample=iris.data, y_sample=iris.target, training_id="ocid1.job")
    model_id = model.save()
    again = SklearnModel.from_model_catalog(model_id, artifact_dir=str(tmp_path / "again"))
    assert digest_of_folder(tmp_path / "again") == digest_of_folder(Path(model.artifact_dir))
    assert again.metadata_custom.to_dict() == model.metadata_custom.to_dict()
    assert again.metadata_taxonomy.to_dict() == model.metadata_taxonomy.to_dict()
    assert again.metadata_provenance.training_id == "ocid1.job"
    assert (again.schema_input, again.schema_output) == (model.schema_input, model.schema_output)
    assert (again.framework, again.algorithm) == (model.framework, model.algorithm)
    assert again.verify(FLOWER) == model.verify(FLOWER)


def test_a_folder_in_the_way_of_a_download_stays_unless_told(make_model: Any, at_service: Any, tmp_path: Path) -> None:
    model_id = make_model().prepare().save(reload=False)
    target = tmp_path / "target"
    target.mkdir()
    (target / "mine").write_text("x")
    with pytest.raises(FileExistsError):
        SklearnModel.from_model_catalog(model_id, artifact_dir=str(target))
    assert (target / "mine").exists()
    SklearnModel.from_model_catalog(model_id, artifact_dir=str(target), force_overwrite=True)
    assert (target / "score.py").exists()


def test_a_model_that_is_not_there_is_an_error_and_deletes_nothing(at_service: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(errors.NotFound):
        SklearnModel.from_id(
            "ocid1.datasciencemodel.oc98.local-1.abc", artifact_dir=str(tmp_path), force_overwrite=True
        )
    assert (tmp_path / "mine").exists()


def test_a_tar_with_a_link_is_refused(artifact: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "linked.tar", "w") as archive:
        link = tarfile.TarInfo("score.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(errors.UnsafeArchiveError):
        GenericModel.from_model_artifact(str(tmp_path / "linked.tar"), artifact_dir=str(tmp_path / "loaded"))
    assert not (tmp_path / "loaded").exists()
