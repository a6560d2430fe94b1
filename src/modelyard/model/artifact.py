"""The files of an artifact: made, completed and tried in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact import layout, runtime_yaml
from modelyard.artifact.runtime_yaml import Provenance, RuntimeYaml
from modelyard.errors import ArtifactError, FileAlreadyExists, UsageError
from modelyard.model import loading
from modelyard.model.artifact_dirs import folder_of
from modelyard.model.notices import notice
from modelyard.model.places import is_local, local_path, place_of
from modelyard.model.runtime.runtime_info import RuntimeInfo
from modelyard.model.score_module import ScoreModule
from modelyard.settings import from_environ

if TYPE_CHECKING:
    from types import ModuleType

    from modelyard.client.profile import Auth

MODEL_ARTIFACT_VERSION = runtime_yaml.VERSION
REQUIRED_ARTIFACT_FILES = layout.REQUIRED_FILES
SCORE_VERSION = "1.0"


class AritfactFolderStructureError(ArtifactError):  # the reference spells it so
    """The files that every artifact has are in different folders."""

    def __init__(self, required_files: tuple[str, ...]) -> None:
        super().__init__(
            f"{' and '.join(required_files)} are in different folders of the artifact: put them beside one another, "
            "at its top."
        )
        self.required_files = required_files


class ArtifactNestedFolderError(ArtifactError):
    """The artifact is one or more folders down."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"The artifact's files are in its folder {folder}: use that folder as the artifact.")
        self.folder = folder


class ArtifactRequiredFilesError(ArtifactError):
    """The artifact lacks a file that every one has."""

    def __init__(self, required_files: tuple[str, ...]) -> None:
        super().__init__(f"The artifact has no {' and no '.join(required_files)} at its top: prepare() writes both.")
        self.required_files = required_files


class SchemaNotFound(UsageError, FileExistsError, FileNotFoundError):
    """There is no such schema; the reference calls that a FileExistsError."""


class ModelArtifact:
    """Be the folder of an artifact; what it has no attribute for is looked up in its score.py.

    ``artifact.predict(…)`` calls the predict() of score.py in this process; :meth:`GenericModel.verify` asks the worker
    that will serve it. Two artifacts may have helper modules of one name: each runs its own.

    Args:
        artifact_dir: The folder.
        model_file_name: The name of the model's file; by default the one in score.py.
        reload: Whether to import score.py and load the model now.
        ignore_conda_error: Whether an artifact that names no environment will do.
        local_copy_dir: A folder with a copy of it.
        auth: Who talks to the service.

    Raises:
        ValueError: There is no artifact_dir.
        ModelLoadError: score.py cannot be imported, or the model does not load.
    """

    def __init__(
        self,
        artifact_dir: str,
        model_file_name: str | None = None,
        reload: bool | None = False,
        ignore_conda_error: bool | None = False,
        local_copy_dir: str | None = None,
        auth: Auth | None = None,
    ) -> None:
        if not artifact_dir:
            raise UsageError("artifact_dir is empty: name the folder of the artifact.")
        self.artifact_dir = str(folder_of(artifact_dir))
        self.model_file_name = model_file_name
        self.ignore_conda_error = bool(ignore_conda_error)
        self.local_copy_dir = local_copy_dir
        self.auth = auth
        self.score: ModuleType | None = None
        self.model: object = None
        self._running: ScoreModule | None = None
        if reload:
            self.reload()

    def __getattr__(self, name: str) -> object:
        if name.startswith("_") or self.__dict__.get("_running") is None:
            hint = "" if name.startswith("_") else "; reload() imports score.py, whose functions are then found here"
            raise AttributeError(f"A ModelArtifact has no {name}{hint}.")
        return getattr(self._running, name)

    @classmethod
    def from_uri(
        cls,
        uri: str,
        artifact_dir: str,
        model_file_name: str | None = None,
        force_overwrite: bool | None = False,
        auth: Auth | None = None,
        ignore_conda_error: bool | None = False,
        reload: bool | None = False,
    ) -> ModelArtifact:
        """Return an artifact that is there already: a folder, a zip or a tar, here or in object storage.

        Args:
            uri: The folder or archive.
            artifact_dir: The folder for its files; it may be the uri itself.
            model_file_name: The name of the model's file; by default the one in score.py.
            force_overwrite: Whether what is in artifact_dir may be replaced.
            auth: Who talks to the service.
            ignore_conda_error: Whether an artifact that names no environment will do.
            reload: Whether to import score.py and load the model now.

        Raises:
            ValueError: There is nothing at the uri, or no artifact_dir. Nothing was touched.
            FileAlreadyExists: artifact_dir holds something. Nothing was touched.
            AritfactFolderStructureError: The required files are in different folders.
        """
        if not artifact_dir:
            raise UsageError("artifact_dir is empty: name a folder for the artifact.")
        folder = folder_of(artifact_dir)
        loading.load_artifact(uri, folder, force_overwrite=bool(force_overwrite))
        try:
            check_structure(folder)
        except ArtifactRequiredFilesError as lacking:
            notice(str(lacking))
        return cls(
            artifact_dir=str(folder),
            model_file_name=model_file_name or loading.model_file_of(folder),
            reload=reload,
            ignore_conda_error=ignore_conda_error,
            local_copy_dir=str(local_path(uri)) if is_local(uri) else None,
            auth=auth,
        )

    def prepare_runtime_yaml(
        self,
        inference_conda_env: str,
        inference_python_version: str | None = None,
        training_conda_env: str | None = None,
        training_python_version: str | None = None,
        force_overwrite: bool = False,
        namespace: str = "id19sfcrra6z",
        bucketname: str = "service-conda-packs",
        auth: Auth | None = None,  # noqa: ARG002 (slugs are looked up by the service)
        ignore_conda_error: bool = False,
    ) -> RuntimeInfo:
        """Write runtime.yaml; return what it says.

        Args:
            inference_conda_env: Where to serve: a slug, the ``oci://`` path of a pack, or the folder of an environment.
            inference_python_version: Its Python version; needed for a pack.
            training_conda_env: Where it was trained; by default the environment that runs now.
            training_python_version: Its Python version.
            force_overwrite: Whether a runtime.yaml that is there may be written over.
            namespace: Where slugs are looked up.
            bucketname: The bucket of the packs there.
            auth: Who talks to the service.
            ignore_conda_error: Whether a runtime.yaml that names no environment will do.

        Raises:
            ValueError: No environment is named, or the Python version of a pack is not known.
            FileAlreadyExists: There is a runtime.yaml; it was not to be written over.
        """
        from modelyard.model.environments import environments_of
        from modelyard.model.model_properties import ModelProperties

        if not inference_conda_env and not (ignore_conda_error or self.ignore_conda_error):
            raise UsageError("inference_conda_env is empty: name a slug, the oci:// path of a pack, or a folder.")
        named = ModelProperties(
            inference_conda_env=_located(inference_conda_env, namespace, bucketname),
            inference_python_version=inference_python_version,
            training_conda_env=_located(training_conda_env, namespace, bucketname),
            training_python_version=training_python_version,
        )
        found = environments_of(
            named, settings=from_environ(), ignore_conda_error=ignore_conda_error or self.ignore_conda_error
        )
        record = RuntimeYaml(environment=found.inference, provenance=Provenance(training_environment=found.training))
        file = self._free(layout.RUNTIME_YAML, force_overwrite=force_overwrite)
        info = RuntimeInfo.of(record, file=file)
        info.save()
        return info

    def prepare_schema(self, schema_name: str) -> None:
        """Copy a schema into the artifact, under its own file name.

        Args:
            schema_name: Its file, here or in object storage: JSON as in ``input_schema.json``.

        Raises:
            SchemaNotFound: There is no such file; it is a FileExistsError and a FileNotFoundError.
            ValueError: It is no schema.
        """
        try:
            text = place_of(schema_name, auth=self.auth).read().decode("utf-8")
        except FileNotFoundError:
            raise SchemaNotFound(f"There is no schema {schema_name}: give the path of a file.") from None
        loading.schema_of(text)
        target = Path(self.artifact_dir) / schema_name.rstrip("/").rpartition("/")[2]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def prepare_score_py(
        self,
        jinja_template_filename: str,
        model_file_name: str | None = None,
        *,
        use_torch_script: bool | None = None,
        data_deserializer: str | None = None,
    ) -> None:
        """Write score.py for a model's file.

        Args:
            jinja_template_filename: Which one: the name of a framework, such as ``scikit-learn``; names like
                ``score_onnx`` and ``score-pkl`` say the same.
            model_file_name: The name of the model's file; by default that of the artifact.
            use_torch_script: Whether the model's file is TorchScript.
            data_deserializer: How data is sent: ``json``.

        Raises:
            ValueError: There is no model_file_name, no such score.py, or none that reads such a file.
        """
        from modelyard.model.score_choice import score_py_for

        name = model_file_name or self.model_file_name
        if not name:
            raise UsageError("model_file_name is not known: pass the name of the model's file in the artifact.")
        text = score_py_for(
            jinja_template_filename, name, use_torch_script=use_torch_script, data_deserializer=data_deserializer
        )
        self.model_file_name = name
        file = Path(self.artifact_dir) / layout.SCORE_PY
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def reload(self) -> None:
        """Import score.py as it is now, and load the model.

        Raises:
            ModelLoadError: score.py cannot be imported, or the model does not load.
            ArtifactLayoutError: There is no score.py.
        """
        folder = Path(self.artifact_dir)
        layout.check_layout(folder)
        self._running = ScoreModule(folder)
        self.score = self._running.module
        self.model = self._running.call("load_model")
        self.model_file_name = self.model_file_name or loading.model_file_of(folder)

    def __repr__(self) -> str:
        return f"ModelArtifact({json.dumps(self.artifact_dir)}, model_file_name={self.model_file_name!r})"

    def _free(self, name: str, *, force_overwrite: bool) -> Path:
        file = Path(self.artifact_dir) / name
        if file.exists() and not force_overwrite:
            raise FileAlreadyExists(f"{file} is there already: pass force_overwrite=True to write over it.")
        file.parent.mkdir(parents=True, exist_ok=True)
        return file


def check_structure(folder: Path) -> None:
    """Check that the files which every artifact has are at the top of a folder.

    Raises:
        ArtifactNestedFolderError: They are together in a folder below.
        AritfactFolderStructureError: They are in different folders.
        ArtifactRequiredFilesError: One of them is nowhere.
    """
    places = {name: sorted(path.parent for path in folder.rglob(name)) for name in REQUIRED_ARTIFACT_FILES}
    lacking = tuple(name for name, found in places.items() if not found)
    if lacking:
        raise ArtifactRequiredFilesError(lacking)
    shared = set.intersection(*(set(found) for found in places.values()))
    if not shared:
        raise AritfactFolderStructureError(REQUIRED_ARTIFACT_FILES)
    if folder not in shared:
        raise ArtifactNestedFolderError(str(min(shared)))


def _located(given: str | None, namespace: str, bucketname: str) -> str | None:
    """Return a slug in another bucket than the usual one as the path of its pack."""
    usual = (namespace, bucketname) == ("id19sfcrra6z", "service-conda-packs")
    if not given or usual or "://" in given or Path(given).is_absolute():
        return given or None
    return f"oci://{bucketname}@{namespace}/service_pack/local/{given}"
