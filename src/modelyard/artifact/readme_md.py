"""README.md of an artifact: what it is, how it was made, how to try it."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.artifact.provenance import TrainingCode
from modelyard.artifact.runtime_yaml import InferenceEnvironment


@dataclass(frozen=True)
class Readme:
    """Be what a README.md tells."""

    facts: EstimatorFacts
    environment: InferenceEnvironment | None
    code: TrainingCode
    files: tuple[str, ...]
    model_file_name: str | None = None


_FILES = {
    "score.py": "loads the model and answers requests",
    "runtime.yaml": "names the environment to serve in",
    "requirements.txt": "pins what was installed where the model was trained",
    "input_schema.json": "describes the input",
    "output_schema.json": "describes the output",
    "README.md": "this text",
}


def render(readme: Readme) -> str:
    """Return the text of a README.md."""
    title = readme.facts.algorithm or "Model"
    return "\n".join([f"# {title}", "", *_made(readme), "", *_listing(readme), "", *_HOW_TO_TRY, ""])


def _made(readme: Readme) -> list[str]:
    facts, code, environment = readme.facts, readme.code, readme.environment
    framework = " ".join(part for part in (facts.framework, facts.framework_version) if part)
    rows = [
        ("Framework", framework),
        ("Environment", environment.slug if environment else ""),
        ("Python", environment.python_version if environment else ""),
        ("Repository", code.repository_url if code.repository_url and "file://" not in code.repository_url else ""),
        ("Commit", code.git_commit or ""),
        ("Branch", code.git_branch or ""),
        ("Training script", code.training_script or ""),
        ("Training run", code.training_id or ""),
    ]
    return [f"- {name}: {value}" for name, value in rows if value] or ["Nothing is recorded about how it was made."]


def _listing(readme: Readme) -> list[str]:
    known = {**_FILES, **({readme.model_file_name: "the model"} if readme.model_file_name else {})}
    rows = [f"- `{name}`: {known[name]}" if name in known else f"- `{name}`" for name in sorted(readme.files)]
    return ["## Files", "", *rows]


_HOW_TO_TRY = """\
## Try it

Check the files, with any Python:

    python artifact_introspection_test/model_artifact_validate.py --artifact .

Predict, with the Python of the environment above (or one made by `pip install -r requirements.txt`):

    python -c "import score; print(score.predict([[...]]))"

Serve it over HTTP:

    modelyard artifact run .
""".splitlines()
