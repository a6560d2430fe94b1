"""The guide's examples of networks and pipelines run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.frameworks

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "frameworks.md"


def test_the_examples_of_the_guide_run(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    blocks = re.findall(r"^```py\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for place, block in enumerate(blocks):
        script = tmp_path / f"example_{place}.py"
        script.write_text(block)
        done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=170)
        assert done.returncode == 0, done.stderr
