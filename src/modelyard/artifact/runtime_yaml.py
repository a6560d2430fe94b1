"""runtime.yaml: the environment an artifact serves in and where it comes from; read, checked and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from modelyard.artifact import model_artifact_validate as rules
from modelyard.errors import RuntimeYamlError

VERSION = rules.VERSION
PUBLISHED = "published"
DATA_SCIENCE = "data_science"
_TYPES = (PUBLISHED, DATA_SCIENCE, "")
_LARGEST = rules.LARGEST["runtime.yaml"]


@dataclass(frozen=True)
class InferenceEnvironment:
    """Be the environment that a model serves in; '' stands for what is not stated."""

    path: str
    """``file://<prefix>`` of an environment on this machine, or ``oci://<bucket>@<namespace>/<path>`` of a pack."""

    python_version: str = ""
    slug: str = ""
    type: str = PUBLISHED


@dataclass(frozen=True)
class TrainingEnvironment:
    """Be the environment that a model was trained in; '' stands for what is not stated."""

    path: str = ""
    python_version: str = ""
    slug: str = ""
    type: str = ""


@dataclass(frozen=True)
class Provenance:
    """Be where a model comes from, as far as runtime.yaml says it; '' stands for what is not stated."""

    project_ocid: str = ""
    tenancy_ocid: str = ""
    artifact_directory: str = ""
    """Read from others' files and never written: it would tell everybody the layout of the author's home."""

    training_compartment_ocid: str = ""
    training_environment: TrainingEnvironment = TrainingEnvironment()
    training_region: str = ""
    training_resource_ocid: str = ""
    user_ocid: str = ""
    vm_image_internal_id: str = ""


@dataclass(frozen=True)
class RuntimeYaml:
    """Be the content of one runtime.yaml."""

    environment: InferenceEnvironment | None = None
    """Where the model serves; None means the default environment."""

    provenance: Provenance | None = None
    unknown_keys: tuple[str, ...] = ()

    def remarks(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is allowed and yet unwise."""
        found = [f"runtime.yaml has the key {key}, which means nothing here." for key in self.unknown_keys]
        if self.environment is None:
            found.append(
                "runtime.yaml states no environment: the default one is used, and may lack what score.py needs."
            )
            return tuple(found)
        named = {"PYTHON_VERSION": self.environment.python_version, "SLUG": self.environment.slug}
        keys = {"PYTHON_VERSION": "INFERENCE_PYTHON_VERSION", "SLUG": "INFERENCE_ENV_SLUG"}
        found += [f"runtime.yaml does not state {keys[key]}." for key, value in named.items() if not value]
        if not self.environment.type:
            found.append("runtime.yaml does not state INFERENCE_ENV_TYPE.")
        return tuple(found)


def read(file: Path) -> RuntimeYaml:
    """Read and check a runtime.yaml."""
    try:
        size = file.stat().st_size
        if size > _LARGEST:
            raise RuntimeYamlError(f"{file} has {size} bytes; a runtime.yaml has at most {_LARGEST}.")
        return parse(file.read_bytes())
    except OSError as error:
        raise RuntimeYamlError(f"{file} cannot be read: {error.strerror}.") from error


def parse(source: str | bytes) -> RuntimeYaml:
    """Parse and check the text of a runtime.yaml; raise RuntimeYamlError that names the line or the field."""
    try:
        tree = rules.read_yaml(source.encode() if isinstance(source, str) else source)
    except rules.YamlError as error:
        raise RuntimeYamlError(f"runtime.yaml: {error}.") from None
    version = tree.get("MODEL_ARTIFACT_VERSION", "")
    if version != VERSION:
        said = f"is {version!r}" if version else "is missing"
        raise RuntimeYamlError(f"runtime.yaml: MODEL_ARTIFACT_VERSION {said}; it must be '{VERSION}'.")
    known = {"MODEL_ARTIFACT_VERSION", "MODEL_DEPLOYMENT", "MODEL_PROVENANCE"}
    deployment = _mapping(tree, "MODEL_DEPLOYMENT")
    return RuntimeYaml(
        environment=_environment(_mapping(deployment, "INFERENCE_CONDA_ENV")),
        provenance=_provenance(_mapping(tree, "MODEL_PROVENANCE")) if tree.get("MODEL_PROVENANCE") else None,
        unknown_keys=tuple(sorted(set(tree) - known)),
    )


def _mapping(tree: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = tree.get(key) or {}
    if not isinstance(value, Mapping):
        raise RuntimeYamlError(f"runtime.yaml: {key} is {value!r}; it must be a mapping.")
    return value


def _text(tree: Mapping[str, object], key: str) -> str:
    value = tree.get(key, "")
    if not isinstance(value, str):
        raise RuntimeYamlError(f"runtime.yaml: {key} is a mapping; it must be a string.")
    return value


def _environment(tree: Mapping[str, object]) -> InferenceEnvironment | None:
    path, python = _text(tree, "INFERENCE_ENV_PATH"), _text(tree, "INFERENCE_PYTHON_VERSION")
    slug, kind = _text(tree, "INFERENCE_ENV_SLUG"), _text(tree, "INFERENCE_ENV_TYPE")
    if kind not in _TYPES:
        raise RuntimeYamlError(
            f"runtime.yaml: INFERENCE_ENV_TYPE is {kind!r}; it must be {PUBLISHED!r} or {DATA_SCIENCE!r}."
        )
    check_python_version(python, field="INFERENCE_PYTHON_VERSION")
    if not (path or python or slug or kind):
        return None
    if not path:
        raise RuntimeYamlError(
            "runtime.yaml: INFERENCE_ENV_PATH is missing. State the environment's path, or leave out the whole "
            "INFERENCE_CONDA_ENV to serve in the default environment."
        )
    return InferenceEnvironment(path=path, python_version=python, slug=slug, type=kind)


def check_python_version(version: str, *, field: str) -> None:
    """Raise RuntimeYamlError for a version that is stated and is no Python version."""
    if not version or rules.PYTHON_VERSION.match(version):
        return
    hint = " If 3.10 was meant, some tool took it for a number: write '3.10', with quotes." if version == "3.1" else ""
    raise RuntimeYamlError(
        f"runtime.yaml: {field} is {version!r}; it must be a version from 3.6 on, like '3.12'.{hint}"
    )


def _provenance(tree: Mapping[str, object]) -> Provenance:
    environment = _mapping(tree, "TRAINING_CONDA_ENV")
    return Provenance(
        project_ocid=_text(tree, "PROJECT_OCID"),
        tenancy_ocid=_text(tree, "TENANCY_OCID"),
        artifact_directory=_text(_mapping(tree, "TRAINING_CODE"), "ARTIFACT_DIRECTORY"),
        training_compartment_ocid=_text(tree, "TRAINING_COMPARTMENT_OCID"),
        training_environment=TrainingEnvironment(
            path=_text(environment, "TRAINING_ENV_PATH"),
            python_version=_text(environment, "TRAINING_PYTHON_VERSION"),
            slug=_text(environment, "TRAINING_ENV_SLUG"),
            type=_text(environment, "TRAINING_ENV_TYPE"),
        ),
        training_region=_text(tree, "TRAINING_REGION"),
        training_resource_ocid=_text(tree, "TRAINING_RESOURCE_OCID"),
        user_ocid=_text(tree, "USER_OCID"),
        vm_image_internal_id=_text(tree, "VM_IMAGE_INTERNAL_ID"),
    )


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def render(runtime: RuntimeYaml) -> str:
    """Return the text of a runtime.yaml: sorted upper-case keys, every value a quoted string."""
    environment = runtime.environment or InferenceEnvironment(path="", type="")
    provenance = runtime.provenance or Provenance()
    training = provenance.training_environment
    tree: dict[str, object] = {
        "MODEL_ARTIFACT_VERSION": VERSION,
        "MODEL_DEPLOYMENT": {
            "INFERENCE_CONDA_ENV": {
                "INFERENCE_ENV_PATH": environment.path,
                "INFERENCE_ENV_SLUG": environment.slug,
                "INFERENCE_ENV_TYPE": environment.type,
                "INFERENCE_PYTHON_VERSION": environment.python_version,
            }
        },
        "MODEL_PROVENANCE": {
            **{name.upper(): value for name, value in _texts(provenance).items() if name != "artifact_directory"},
            "TRAINING_CODE": {"ARTIFACT_DIRECTORY": ""},
            "TRAINING_CONDA_ENV": {
                "TRAINING_ENV_PATH": training.path,
                "TRAINING_ENV_SLUG": training.slug,
                "TRAINING_ENV_TYPE": training.type,
                "TRAINING_PYTHON_VERSION": training.python_version,
            },
        },
    }
    return "\n" + "".join(f"{line}\n" for line in _lines(tree, indent=""))


def _texts(provenance: Provenance) -> dict[str, str]:
    values = {field.name: getattr(provenance, field.name) for field in fields(provenance)}
    return {name: value for name, value in values.items() if isinstance(value, str)}


def _lines(tree: Mapping[str, object], *, indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in sorted(tree.items()):
        if isinstance(value, Mapping):
            lines.append(f"{indent}{key}:")
            lines += _lines(value, indent=indent + "  ")
        else:
            lines.append(f"{indent}{key}: {_quoted(str(value))}")
    return lines


def _quoted(value: str) -> str:
    if not value.isprintable():
        raise RuntimeYamlError(f"{value!r} cannot be written into runtime.yaml: it has characters that do not print.")
    return "'" + value.replace("'", "''") + "'"
