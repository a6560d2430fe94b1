"""What a type checker says of code written to the reference."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """\
import ads
from ads.common.auth import default_signer
from ads.model import GenericModel, ModelProperties, SklearnModel
from ads.model.artifact import ModelArtifact
from ads.model.framework.sklearn_model import SklearnModel as Same

ads.set_auth(auth="api_key")
model: SklearnModel = Same(None, auth=default_signer())
model.prepare("slug", "3.11", use_case_type="regression", force_overwrite=True)
identifier: str = model.save(display_name="x", model_version_set="set")
deployment = model.deploy(deployment_ocpus=2, max_wait_time=60)
artifact = ModelArtifact.from_uri("uri", artifact_dir="folder")
properties = ModelProperties().with_prop("project_id", "x")
loaded: GenericModel = GenericModel.from_id(identifier)

model.prepare(inference_conda_enf="slug")
model.save(display_nam="x")
model.deploy(deployment_ocpu=2)
model.prepare_save_deploy(freeform_tag={})
ModelArtifact.from_uri("uri", artifact_folder="folder")
ModelProperties(deployment_ocpu=1)
ads.set_auth(profil="x")
"""
RIGHT = CODE.index("\n\nmodel.prepare(inference_conda_enf")


CHECKERS = {
    "mypy": ["--strict", "--no-error-summary"],
    "basedpyright": ["--level", "error", "--pythonpath", sys.executable],
}


@pytest.fixture(scope="module", params=CHECKERS)
def wrong_lines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> set[int]:
    """The lines that a checker refuses."""
    pytest.importorskip(request.param)
    code = tmp_path_factory.mktemp("typing") / "code.py"
    code.write_text(CODE)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", request.param, *CHECKERS[request.param], code],
        env={**os.environ, "MYPYPATH": str(root / "compat" / "ads")},
        cwd=root if request.param == "mypy" else code.parent,
        capture_output=True,
        text=True,
    )
    return {int(line) for line in re.findall(r"code\.py:(\d+):.*error:", done.stdout)}


def test_code_that_is_right_is_right(wrong_lines: set[int]) -> None:
    assert {line for line in wrong_lines if line <= CODE[:RIGHT].count("\n") + 1} == set()


@pytest.mark.parametrize(
    "word", ["enf", "display_nam", "ocpu=2", "freeform_tag=", "artifact_folder", "ocpu=1", "profil="]
)
def test_a_misspelt_keyword_is_refused(word: str, wrong_lines: set[int]) -> None:
    [number] = [number for number, line in enumerate(CODE.splitlines(), 1) if word in line and number > 15]
    assert number in wrong_lines
