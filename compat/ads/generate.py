"""Write the modules of the package `ads`: each takes the names of one module of modelyard.

They are files, rather than an import hook, so that editors and type checkers follow them.

    python compat/ads/generate.py            write them
    python compat/ads/generate.py --check    tell which are not as they would be written
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "ads"
SOURCE = Path(__file__).parents[2] / "src"

ALIASES = {
    "ads.common.auth": "modelyard.common.auth",
    "ads.common.serializer": "modelyard.model.serializable",
    "ads.config": "modelyard.model.base_properties",
    "ads.evaluations": "modelyard.model.evaluator_mixin",
    "ads.jobs.builders.base": "modelyard.model.builder",
    **{
        f"ads.model.{name}": f"modelyard.model.{name}"
        for name in (
            "artifact",
            "artifact_downloader",
            "artifact_uploader",
            "base_properties",
            "datascience_model",
            "datascience_model_group",
            "deployment",
            "deployment.model_deployer",
            "deployment.model_deployment",
            "deployment.model_deployment_infrastructure",
            "deployment.model_deployment_properties",
            "deployment.model_deployment_runtime",
            "framework",
            "framework.automl_model",
            "framework.embedding_onnx_model",
            "framework.huggingface_model",
            "framework.lightgbm_model",
            "framework.pytorch_model",
            "framework.sklearn_model",
            "framework.spark_model",
            "framework.tensorflow_model",
            "framework.xgboost_model",
            "generic_model",
            "model_introspect",
            "model_metadata",
            "model_metadata_mixin",
            "model_properties",
            "model_version_set",
            "runtime",
            "runtime.env_info",
            "runtime.model_deployment_details",
            "runtime.model_provenance_details",
            "runtime.runtime_info",
            "serde",
            "serde.common",
            "serde.model_input",
            "serde.model_serializer",
        )
    },
}
"""Module of the reference → module of modelyard."""

LAZY = {"ads.model": "modelyard.model"}
"""The same for packages that import their names when they are asked for."""


def pages() -> dict[Path, str]:
    """Return the text of each file."""
    files = {file_of(alias): star(module) for alias, module in ALIASES.items() if is_there(module)}
    files |= {file_of(alias): lazy(module) for alias, module in LAZY.items()}
    for file in list(files):
        for folder in file.relative_to(PACKAGE).parents:
            if folder != Path():
                files.setdefault(
                    PACKAGE / folder / "__init__.py", f'"""Modules of modelyard, as `{dotted(folder)}`."""\n'
                )
    return files


def is_there(module: str) -> bool:
    """Tell whether modelyard has a module."""
    path = SOURCE / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def file_of(alias: str) -> Path:
    """Return the file of a module of `ads`."""
    below = alias.removeprefix("ads.").replace(".", "/")
    is_package = any(other.startswith(f"{alias}.") for other in ALIASES)
    return PACKAGE / (f"{below}/__init__.py" if is_package else f"{below}.py")


def dotted(folder: Path) -> str:
    """Return the name of a package of `ads`."""
    return ".".join(("ads", *folder.parts))


def star(module: str) -> str:
    """Return a module that has the names of another."""
    return f'"""The names of {module}."""\n\nfrom {module} import *  # noqa: F403\n'


def lazy(module: str) -> str:
    """Return a package that has the names of another, imported when they are asked for."""
    return f'''"""The names of {module}, imported when they are asked for."""

from typing import TYPE_CHECKING

import {module} as _names

if TYPE_CHECKING:
    from {module} import *  # noqa: F403

__all__ = _names.__all__


def __getattr__(name: str) -> object:
    return getattr(_names, name)


def __dir__() -> list[str]:
    return sorted(__all__)
'''


def main() -> int:
    """Write the files, or tell which differ."""
    wanted = pages()
    own = {PACKAGE / "__init__.py", PACKAGE / "py.typed"}
    there = {file for file in PACKAGE.rglob("*.py") if "__pycache__" not in file.parts} - own
    stale = sorted(there - set(wanted))
    changed = [file for file, text in wanted.items() if not file.is_file() or file.read_text("utf-8") != text]
    if "--check" in sys.argv:
        for file in [*stale, *changed]:
            print(f"{file}: run `python compat/ads/generate.py`")
        return 1 if stale or changed else 0
    for file in stale:
        file.unlink()
    for file in changed:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted[file], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
