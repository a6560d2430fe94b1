"""Taxonomy, custom metadata and provenance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelyard.errors import ChangesNotCommitted
from modelyard.model import model_metadata as md
from modelyard.resources.model import Metadata

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(JSON)
def test_a_custom_item_survives_its_dictionary(value: object) -> None:
    item = md.ModelCustomMetadataItem("key", value, "what", "Performance")
    assert md.ModelCustomMetadataItem.from_dict(item.to_dict()).to_dict() == item.to_dict()


SCALARS = st.one_of(st.text(min_size=1), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))


@given(st.one_of(SCALARS, SCALARS.map(json.dumps), st.dictionaries(st.text(), st.integers()), st.lists(st.text())))
@example("1.10")
@example("-Infinity")
@example("null")
def test_a_taxonomy_item_survives_the_wire(value: object) -> None:
    item = md.ModelTaxonomyMetadataItem("Hyperparameters", value)
    back = md.ModelTaxonomyMetadataItem.from_wire(item.to_wire()).value
    assert (type(back), back) == (type(value), value)


@pytest.mark.parametrize("text", ["1.10", "1e5", "0x10", "2.16.1", "12345678901234567890.0", "[1", '{"a"', "-Infinity"])
def test_what_is_no_number_as_json_writes_it_stays_text(text: str) -> None:
    assert md.ModelTaxonomyMetadataItem.from_wire(Metadata(key="FrameworkVersion", value=text)).value == text


def test_a_key_is_found_whatever_its_case_and_never_changes() -> None:
    taxonomy = md.ModelTaxonomyMetadata()
    taxonomy["framework"].value = "scikit-learn"
    assert taxonomy.get("FRAMEWORK") is taxonomy["Framework"]
    with pytest.raises(AttributeError):
        taxonomy["framework"].key = "other"  # type: ignore[misc]


def test_the_taxonomy_has_its_six_keys_in_order() -> None:
    assert md.ModelTaxonomyMetadata().keys == (
        *("UseCaseType", "Framework", "FrameworkVersion", "Algorithm", "Hyperparameters", "ArtifactTestResults"),
    )


def test_numbers_that_are_none_become_null() -> None:
    assert md.ModelTaxonomyMetadataItem("x", {"a": float("nan"), "b": [1.5]}).value == {"a": None, "b": [1.5]}


@pytest.mark.parametrize(("key", "value"), [("UseCaseType", "fortune_telling"), ("Framework", "abacus")])
def test_words_that_are_none_are_refused_with_those_there_are(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{key} is '{value}'; it is one of"):
        md.ModelTaxonomyMetadataItem(key, value).validate()


def test_custom_metadata_is_added_replaced_and_removed() -> None:
    custom = md.ModelCustomMetadata()
    custom.add("note", "one", description="d", category=md.MetadataCustomCategory.PERFORMANCE)
    with pytest.raises(ValueError, match="replace=True"):
        custom.add("NOTE", "two")
    custom.add("note", "two", replace=True)
    assert custom["note"].value == "two"
    assert len(custom) == 1
    custom.remove("Note")
    assert custom.isempty()


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (("", "v"), ValueError, "is empty"),
        ((3, "v"), TypeError, "is text"),
        (("k", ""), ValueError, "The value of k is empty"),
        (("k", object()), ValueError, "cannot be written as JSON"),
        (("k", "v", 3), TypeError, "must be text"),
        (("k", "v", "d" * 256), md.MetadataDescriptionTooLong, "256 characters"),
        (("k", "v", "", "Nonsense"), ValueError, "one of Other, Performance"),
        (("k", "v" * 16_001), md.MetadataValueTooLong, "16001 characters"),
    ],
)
def test_what_the_catalog_would_refuse_is_refused_first(
    arguments: tuple[Any, ...], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        md.ModelCustomMetadata().add(*arguments)


def test_both_together_have_a_limit_in_bytes() -> None:
    taxonomy, custom = md.ModelTaxonomyMetadata(), md.ModelCustomMetadata()
    for number in range(3):
        custom.add(f"k{number}", "é" * 6_000)
    with pytest.raises(md.MetadataSizeTooLarge, match="at most 32000"):
        md.validate_together(taxonomy, custom)


def test_the_wire_has_no_custom_item_without_a_value_or_category() -> None:
    item = md.ModelCustomMetadataItem("key").to_wire()
    assert (item.value, item.category) == ("NA", "Other")


def test_yaml_and_tables_are_the_same_on_every_run() -> None:
    custom = md.ModelCustomMetadata()
    for key in ("b", "a", "c"):
        custom.add(key, key)
    assert list(custom.to_dataframe()["Key"]) == ["b", "a", "c"]
    assert list(custom.to_dataframe().columns) == ["Key", "Value", "Description", "Category"]
    assert custom.to_yaml() == md.ModelCustomMetadata.from_dict(custom.to_dict()).to_yaml()


def test_json_files_go_to_a_file_or_into_a_folder(tmp_path: Path) -> None:
    custom = md.ModelCustomMetadata()
    custom.add("note", {"a": 1})
    custom.to_json_file(str(tmp_path))
    assert json.loads((tmp_path / "ModelCustomMetadata.json").read_text()) == custom.to_dict()
    custom["note"].to_json_file(str(tmp_path / "v1.0"))
    assert json.loads((tmp_path / "v1.0" / "note.json").read_text()) == {"a": 1}
    custom["note"].to_json_file(str(tmp_path / "mine.json"))
    assert json.loads((tmp_path / "mine.json").read_text()) == {"a": 1}


def test_training_data_has_a_place_of_its_own() -> None:
    custom = md.ModelCustomMetadata()
    custom.set_training_data("oci://b@n/train.csv", "3 GB")
    assert (custom["TrainingDataset"].value, custom["TrainingDatasetSize"].value) == ("oci://b@n/train.csv", "3 GB")


@pytest.mark.parametrize("data", [{}, {"metadata": []}, {"data": "x"}, {"data": [{"value": 1}]}])
def test_a_dictionary_of_another_form_is_an_error(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"has the form|needs a key"):
        md.ModelCustomMetadata.from_dict(data)


def test_names_can_be_asked_for() -> None:
    assert "scikit-learn" in md.Framework
    assert "abacus" not in md.Framework
    assert len(md.Framework.values()) == 28
    assert len(md.UseCaseType.values()) == 14
    assert md.Framework.keys()[0] == "BERT"


def test_provenance_survives_without_git(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("")
    told = md.ModelProvenanceMetadata.fetch_training_code_details(str(script), "ocid1.job", "/some/artifact")
    assert (told.training_script_path, told.training_id, told.artifact_dir) == (
        str(script),
        "ocid1.job",
        "/some/artifact",
    )
    assert told.to_wire().training_id == "ocid1.job"


def test_provenance_in_a_repository_knows_the_commit_and_what_is_not_in_it(tmp_path: Path) -> None:
    import subprocess

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b.c", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    script = tmp_path / "train.py"
    script.write_text("one")
    git("init", "-q", "-b", "trunk")
    git("add", ".")
    git("commit", "-qm", "first")
    git("remote", "add", "origin", "https://user:secret@example.test/repo.git")
    told = md.ModelProvenanceMetadata.fetch_training_code_details(str(script))
    assert (told.git_branch, told.git_commit) == ("trunk", git("rev-parse", "HEAD"))
    assert told.repository_url == "https://example.test/repo.git"
    told.assert_path_not_dirty(str(script), ignore=False)
    script.write_text("two")
    with pytest.raises(ChangesNotCommitted, match=r"train\.py"):
        told.assert_path_not_dirty(str(script), ignore=False)
    told.assert_path_not_dirty(str(script), ignore=True)
