"""Whether workers may be forked from a loaded model: some frameworks start threads or programs that no copy has."""

from __future__ import annotations

import ast
import os
import sys

#: TensorFlow's pools of threads are not in a fork, which waits for them for ever; a JVM answers one process alone.
_NOT_FORKED = ("tensorflow", "py4j.java_gateway")

#: Nor are OpenMP's, where a deployment's own variables ask for more than the one thread that they have by default.
_THREADED = ("lightgbm", "xgboost")


def wants_sharing(artifact_dir: str) -> bool:
    """Tell whether score.py leaves it open to load once for all workers: ``share_memory = False`` there says no."""
    try:
        with open(os.path.join(artifact_dir, "score.py"), "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return True  # what is wrong with it is told where it is imported
    return not any(_says_no(node) for node in tree.body)


def can_be_forked() -> bool:
    """Tell whether this process, with the model that it has loaded, can be copied by a fork."""
    threaded = _THREADED if os.environ.get("OMP_NUM_THREADS", "1") != "1" else ()
    return not any(name in sys.modules for name in _NOT_FORKED + threaded)


def _says_no(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "share_memory" for target in node.targets)
        # a named constant since Python 3.8, and before that of a class of its own
        and getattr(node.value, "value", None) is False
    )
