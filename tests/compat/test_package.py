"""The package `ads`: modelyard by another name, one name for one thing."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

COMPAT = Path(__file__).parents[2] / "compat" / "ads"
GENERATOR = COMPAT / "generate.py"


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """The program that writes the modules."""
    spec = importlib.util.spec_from_file_location("generate_ads", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_modules_are_as_they_would_be_written() -> None:
    check = subprocess.run([sys.executable, GENERATOR, "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def test_every_module_has_the_names_of_modelyards(generator: ModuleType) -> None:
    for alias, module in {**generator.ALIASES, **generator.LAZY}.items():
        if not generator.is_there(module):
            continue
        ours, theirs = importlib.import_module(module), importlib.import_module(alias)
        public = [name for name, it in vars(ours).items() if not (name.startswith("_") or isinstance(it, ModuleType))]
        names = getattr(ours, "__all__", public)
        assert [name for name in names if getattr(theirs, name) is not getattr(ours, name)] == [], alias


def test_importing_it_imports_nothing_heavy() -> None:
    program = "import sys, json, ads, ads.model; print(json.dumps([m for m in sys.modules if m in ('numpy', 'httpx')]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_name_that_is_not_there_is_said() -> None:
    import ads
    import ads.model

    with pytest.raises(AttributeError, match=r"what is below ads\.model"):
        _ = ads.pipeline
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ads.model.nonsense
    assert dir(ads) == ["__version__", "auth", "set_auth"]


def test_beside_oracle_ads_it_says_what_to_do(tmp_path: Path) -> None:
    other = tmp_path / "oracle_ads-2.16.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: oracle-ads\nVersion: 2.16.1\n")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({str(tmp_path)!r}); import ads"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "modelyard-ads and oracle-ads 2.16.1 are both installed" in done.stderr
