"""Service packs: paths of the managed service that environments of this machine stand for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelyard.artifact.interpreters import checked_interpreter, interpreter_of
from modelyard.artifact.runtime_yaml import DATA_SCIENCE, InferenceEnvironment
from modelyard.artifact.service_packs import packs_of, path_of, slug_of
from modelyard.errors import EnvironmentNotFound
from modelyard.settings import Settings

SLUG = "generalml_p311_cpu_x86_64_v1"
THEIRS = f"oci://service-conda-packs@id19sfcrra6z/service_pack/cpu/General_Machine_Learning/1.0/{SLUG}"


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        (THEIRS, SLUG),
        (f"{THEIRS}/", SLUG),
        (f"oci://service-conda-packs@another/service_pack/{SLUG}", SLUG),
        (path_of("default"), "default"),
        ("oci://service-conda-packs@id19sfcrra6z/service_pack/", None),
        ("oci://service-conda-packs@id19sfcrra6z/conda_environments/x", None),
        ("oci://mine@id19sfcrra6z/service_pack/x", None),
        ("oci://service-conda-packs/service_pack/x", None),
        ("file:///service_pack/x", None),
        ("", None),
    ],
)
def test_the_last_part_of_a_packs_path_is_its_slug(path: str, slug: str | None) -> None:
    assert slug_of(path) == slug


def test_a_pack_is_served_by_the_environment_that_stands_for_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, default_python=sys.executable, packs={SLUG: Path(sys.prefix)})
    packs = packs_of(settings)
    assert interpreter_of(path_of("default"), packs=packs) == Path(sys.executable)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    named = InferenceEnvironment(path=THEIRS, python_version=python, slug=SLUG, type=DATA_SCIENCE)
    assert checked_interpreter(named, packs=packs).parent == Path(sys.prefix) / "bin"


def test_a_pack_that_nothing_here_stands_for_is_said_with_what_is_here_and_what_to_do(tmp_path: Path) -> None:
    packs = packs_of(Settings(home=tmp_path, packs={"other": tmp_path}))
    with pytest.raises(EnvironmentNotFound, match=rf"here are default, other.*MODELYARD_PACKS={SLUG}=<prefix>"):
        interpreter_of(THEIRS, packs=packs)
    with pytest.raises(EnvironmentNotFound, match="no bin/python"):
        interpreter_of(path_of("other"), packs=packs)


def test_a_pack_of_another_python_than_the_one_asked_for_is_refused(tmp_path: Path) -> None:
    named = InferenceEnvironment(path=path_of("default"), python_version="3.6", slug="default")
    with pytest.raises(EnvironmentNotFound, match=r"asks for 3\.6"):
        checked_interpreter(named, packs=packs_of(Settings(home=tmp_path)))
