"""The score.py that all models of a group share: what it has to have."""

from __future__ import annotations

import ast
from pathlib import Path

from modelyard.artifact import layout
from modelyard.model.failures import ModelGroupArtifactValidationError

_NEEDED = ("load_model", "predict")


def check_score(folder: Path) -> None:
    """Raise ModelGroupArtifactValidationError where a folder has no score.py with load_model and predict."""
    score = folder / layout.SCORE_PY
    if not score.is_file():
        raise ModelGroupArtifactValidationError(f"{folder} has no {layout.SCORE_PY}, which serves all of its models.")
    try:
        found = {str(name) for node in ast.parse(score.read_bytes()).body for name in _names_in(node)}
    except (SyntaxError, ValueError) as error:
        raise ModelGroupArtifactValidationError(f"{score} cannot be read as Python: {error}.") from None
    if missing := [name for name in _NEEDED if name not in found]:
        raise ModelGroupArtifactValidationError(f"{score} lacks {' and '.join(missing)}.")


def _names_in(node: ast.stmt) -> list[object]:
    """Return the names that a statement of a module gives to something."""
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []
