"""The toolkit is light: importing all of it brings in nothing that a laptop would notice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import modelyard.artifact


def test_importing_every_module_imports_nothing_heavy() -> None:
    folder = Path(modelyard.artifact.__file__).parent
    names = sorted(
        path.relative_to(folder).with_suffix("").as_posix().replace("/", ".") for path in folder.rglob("*.py")
    )
    modules = ", ".join(f"modelyard.artifact.{name}" for name in names if "__init__" not in name)
    heavy = (
        "{'numpy', 'pandas', 'sklearn', 'joblib', 'cloudpickle', 'yaml', 'httpx', 'msgspec', 'asyncio', 'sqlalchemy'}"
    )
    program = f"import {modules}, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
