"""What the files of an artifact are called, and whether they are where they belong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelyard.artifact import model_artifact_validate as rules
from modelyard.artifact import runtime_yaml
from modelyard.artifact.runtime_yaml import RuntimeYaml
from modelyard.errors import ArtifactLayoutError, ScorePyError

SCORE_PY = "score.py"
RUNTIME_YAML = "runtime.yaml"
REQUIRED_FILES = (RUNTIME_YAML, SCORE_PY)
INPUT_SCHEMA = "input_schema.json"
OUTPUT_SCHEMA = "output_schema.json"
INPUT_EXAMPLE = "input_example.json"
EXPECTED_OUTPUT = "expected_output.json"
HYPERPARAMETERS = "Hyperparameters.json"
REQUIREMENTS = "requirements.txt"
README = "README.md"
MODEL_IGNORE = ".model-ignore"
TEST_RESULTS = "test_json_output.json"
VALIDATOR = "artifact_introspection_test/model_artifact_validate.py"
OWN_FILES = frozenset(
    {
        *REQUIRED_FILES,
        *(INPUT_SCHEMA, OUTPUT_SCHEMA, INPUT_EXAMPLE, EXPECTED_OUTPUT, HYPERPARAMETERS),
        *(REQUIREMENTS, README, MODEL_IGNORE, TEST_RESULTS, VALIDATOR),
    }
)
"""The names that an artifact's own files have, so that no model's file may."""


@dataclass(frozen=True)
class Judgement:
    """Be what deploy has to know of an artifact that it may start."""

    runtime: RuntimeYaml | None
    """What runtime.yaml says; None where there is none, which means the default environment."""

    warnings: tuple[str, ...]
    """Sentences for the user about what is allowed and yet unwise."""


def check_layout(folder: Path) -> None:
    """Raise ArtifactLayoutError unless score.py is at the top of the folder."""
    if not folder.is_dir():
        raise ArtifactLayoutError(f"There is no folder {folder}.")
    names = [path.relative_to(folder).as_posix() for pattern in ("*", "*/*") for path in folder.glob(pattern)]
    check_names((name for name in names if (folder / name).is_file()), where=str(folder))


def check_names(names: Iterable[str], *, where: str) -> None:
    """Raise ArtifactLayoutError unless score.py is at the top of an artifact with files of these names."""
    files = sorted(names)
    if SCORE_PY in files:
        return
    if not files:
        raise ArtifactLayoutError(f"{where} is empty. An artifact has {SCORE_PY} and {RUNTIME_YAML} at its top.")
    nested = [str(PurePosixPath(name).parent) for name in files if PurePosixPath(name).name == SCORE_PY]
    if nested:
        raise ArtifactLayoutError(
            f"{SCORE_PY} is in the folder {nested[0]!r} of {where}, not at its top. "
            f"Use that folder itself as the artifact, or move its files up."
        )
    raise ArtifactLayoutError(
        f"There is no {SCORE_PY} at the top of {where}. Add one with load_model() and predict(data); "
        f"prepare() writes it for a trained model."
    )


def nested_folder(folder: Path) -> Path | None:
    """Return the single folder that holds the whole artifact one or more levels down; None where none does."""
    inner = folder
    while not (inner / SCORE_PY).is_file():
        below = [path for path in inner.iterdir() if path.name not in {"__MACOSX", ".DS_Store"}]
        if len(below) != 1 or not below[0].is_dir() or below[0].is_symlink():
            return None
        inner = below[0]
    return inner if inner != folder else None


def judge(folder: Path) -> Judgement:
    """Read an artifact that is to be deployed, without running any of it; raise ArtifactError where it cannot serve."""
    check_layout(folder)
    runtime = None
    warnings: list[str] = []
    if (folder / RUNTIME_YAML).is_file():
        runtime = runtime_yaml.read(folder / RUNTIME_YAML)
        warnings += runtime.remarks()
    else:
        warnings.append(
            f"There is no {RUNTIME_YAML}: the default environment is used, and may lack what {SCORE_PY} needs."
        )
    artifact = rules.Artifact(folder)
    for check in (
        rules.check_syntax,
        rules.check_load_model,
        rules.check_predict,
        rules.check_predict_data,
        rules.check_callable,
    ):
        try:
            check(artifact)
        except rules.Failed as error:
            raise ScorePyError(str(error)) from None
        except rules.Undecided as unknown:
            warnings.append(str(unknown))
    return Judgement(runtime=runtime, warnings=tuple(dict.fromkeys(warnings)))
