"""runtime.yaml: what it may say, what it may not, and where the mistake is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modelyard.artifact import model_artifact_validate as rules
from modelyard.artifact import runtime_yaml
from modelyard.artifact.runtime_yaml import InferenceEnvironment, Provenance, RuntimeYaml, TrainingEnvironment
from modelyard.errors import RuntimeYamlError

GOOD = """\
MODEL_ARTIFACT_VERSION: '3.0'
MODEL_DEPLOYMENT:
  INFERENCE_CONDA_ENV:
    INFERENCE_ENV_PATH: oci://bucket@namespace/a b/env.tar.gz  # with a space
    INFERENCE_ENV_SLUG: slug
    INFERENCE_ENV_TYPE: data_science
    INFERENCE_PYTHON_VERSION: 3.10
"""

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"))) | st.sampled_from(
    ["a b", "it's", "~", "null"]
)


def test_the_four_fields_are_read() -> None:
    assert runtime_yaml.parse(GOOD).environment == InferenceEnvironment(
        path="oci://bucket@namespace/a b/env.tar.gz", python_version="3.10", slug="slug", type="data_science"
    )


def test_an_unquoted_3_10_stays_3_10() -> None:
    environment = runtime_yaml.parse(GOOD).environment
    assert environment is not None
    assert environment.python_version == "3.10"


def test_keys_may_be_in_lower_case() -> None:
    assert (
        runtime_yaml.parse(GOOD.replace("MODEL_", "model_").replace("INFERENCE_", "inference_")).environment is not None
    )


def test_a_missing_provenance_is_fine() -> None:
    assert runtime_yaml.parse(GOOD).provenance is None


@pytest.mark.parametrize("text", ["", "  INFERENCE_CONDA_ENV:\n", "  INFERENCE_CONDA_ENV: {INFERENCE_ENV_PATH: ''}\n"])
def test_no_environment_means_the_default_one_and_says_so(text: str) -> None:
    runtime = runtime_yaml.parse("MODEL_ARTIFACT_VERSION: '3.0'\n" + (f"MODEL_DEPLOYMENT:\n{text}" if text else ""))
    assert runtime.environment is None
    assert any("default" in sentence for sentence in runtime.remarks())


def test_what_is_allowed_and_unwise_is_said() -> None:
    text = "MODEL_ARTIFACT_VERSION: '3.0'\nEXTRA: 1\nMODEL_DEPLOYMENT: {INFERENCE_CONDA_ENV: {INFERENCE_ENV_PATH: x}}"
    said = " ".join(runtime_yaml.parse(text).remarks())
    assert all(
        word in said for word in ("EXTRA", "INFERENCE_PYTHON_VERSION", "INFERENCE_ENV_SLUG", "INFERENCE_ENV_TYPE")
    )


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("just text", "mapping"),
        ("- a\n- b", "mapping"),
        (GOOD.replace("  INFERENCE_CONDA", "\tINFERENCE_CONDA"), "line 3 is indented with a tab"),
        ("MODEL_ARTIFACT_VERSION: '3.0\nX: 1\n", "line"),
        ("MODEL_ARTIFACT_VERSION: '3.0'\n  X: [1\n", "line"),
        (GOOD.replace("'3.0'", "'2.0'"), r"MODEL_ARTIFACT_VERSION is '2\.0'; it must be '3\.0'"),
        (GOOD.replace("MODEL_ARTIFACT_VERSION: '3.0'\n", ""), "MODEL_ARTIFACT_VERSION is missing"),
        (GOOD.replace("data_science", "conda"), "INFERENCE_ENV_TYPE is 'conda'"),
        (GOOD.replace("3.10", "3.1"), r"'3\.1'.*If 3\.10 was meant"),
        (GOOD.replace("3.10", "3.12.x"), r"3\.12\.x"),
        (GOOD.replace("3.10", "2.7"), r"2\.7"),
        (GOOD.replace("    INFERENCE_ENV_PATH", "    OTHER"), "INFERENCE_ENV_PATH is missing"),
        ("MODEL_ARTIFACT_VERSION: '3.0'\nMODEL_DEPLOYMENT: text", "MODEL_DEPLOYMENT is 'text'"),
        ("MODEL_ARTIFACT_VERSION: {a: b}", "MODEL_ARTIFACT_VERSION"),
        (GOOD.replace("slug", "{a: b}"), "INFERENCE_ENV_SLUG is a mapping"),
        ("a: &a {b: *a}", "alias"),
        ("MODEL_ARTIFACT_VERSION: !!python/object/apply:os.system ['true']", "MODEL_ARTIFACT_VERSION"),
        ("{" * 5000, "runtime.yaml"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_or_field(text: str, match: str) -> None:
    with pytest.raises(RuntimeYamlError, match=match):
        runtime_yaml.parse(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(RuntimeYamlError, match=r"UTF-8 \(byte 2\)"):
        runtime_yaml.parse(b"a:\xff")


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeYamlError, match="cannot be read"):
        runtime_yaml.read(tmp_path / "runtime.yaml")
    (tmp_path / "runtime.yaml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(RuntimeYamlError, match="2000000 bytes"):
        runtime_yaml.read(tmp_path / "runtime.yaml")


@given(path=TEXTS.filter(bool), slug=TEXTS, region=TEXTS)
def test_what_is_written_is_read_back_also_without_pyyaml(path: str, slug: str, region: str) -> None:
    runtime = RuntimeYaml(
        environment=InferenceEnvironment(path=path, python_version="3.12.1", slug=slug),
        provenance=Provenance(
            training_region=region, training_environment=TrainingEnvironment(path="p", type="published")
        ),
    )
    text = runtime_yaml.render(runtime)
    nothing = ("", "~", "null")  # which YAML takes for absence
    if not {path, slug, region} & set(nothing):
        assert runtime_yaml.parse(text) == runtime
    assert rules._read_simple(text) == rules.read_yaml(text.encode())


def test_what_is_written_is_sorted_quoted_and_keeps_the_authors_folder_to_itself() -> None:
    runtime = RuntimeYaml(provenance=Provenance(artifact_directory="/home/someone/model"))
    text = runtime_yaml.render(runtime)
    assert text.startswith("\nMODEL_ARTIFACT_VERSION: '3.0'\n")
    assert "someone" not in text
    tree = yaml.safe_load(text)
    assert tree["MODEL_DEPLOYMENT"]["INFERENCE_CONDA_ENV"] == {
        "INFERENCE_ENV_PATH": "",
        "INFERENCE_ENV_SLUG": "",
        "INFERENCE_ENV_TYPE": "",
        "INFERENCE_PYTHON_VERSION": "",
    }
    assert tree["MODEL_PROVENANCE"]["TRAINING_CODE"] == {"ARTIFACT_DIRECTORY": ""}
    assert list(tree["MODEL_PROVENANCE"]) == sorted(tree["MODEL_PROVENANCE"])
    assert runtime_yaml.parse(text).environment is None


def test_a_value_with_a_line_break_cannot_be_smuggled_in() -> None:
    with pytest.raises(RuntimeYamlError):
        runtime_yaml.render(RuntimeYaml(environment=InferenceEnvironment(path="a\nMODEL_ARTIFACT_VERSION: '2'")))


@pytest.mark.parametrize(
    "text",
    [GOOD, GOOD.replace("slug", '"a # b"'), GOOD.replace("slug", "'it''s'"), "---\n" + GOOD, GOOD.replace("slug", "")],
)
def test_both_readers_say_the_same(text: str) -> None:
    assert rules._read_simple(text) == rules.read_yaml(text.encode())


@pytest.mark.parametrize("text", ["a b", "a: 'x", "a: [1]", "- a", "a: |\n  b", ""])
def test_the_small_reader_says_what_it_cannot_read(text: str) -> None:
    with pytest.raises(rules.YamlError):
        rules._read_simple(text)
