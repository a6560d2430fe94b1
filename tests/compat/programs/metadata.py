"""Metadata: said, shown, written and forgotten; and where a model comes from."""

import tempfile
from pathlib import Path

import ads
from ads.model.model_metadata import (
    MetadataCustomCategory,
    ModelCustomMetadata,
    ModelCustomMetadataItem,
    ModelProvenanceMetadata,
    ModelTaxonomyMetadata,
    UseCaseType,
)

custom = ModelCustomMetadata()
custom.add(key="format", value="pickle")
custom.add(key="note", value="read this", description="for people", category=MetadataCustomCategory.OTHER)
custom["format"].description = "how it is written"
table = custom.to_dataframe()
assert list(table["Key"]) == ["format", "note"]
assert list(table.columns) == ["Key", "Value", "Description", "Category"]
assert "how it is written" in repr(custom)
custom.remove("format")
assert [row["key"] for row in custom.to_dict()["data"]] == ["note"]
assert ModelCustomMetadata.from_dict(custom.to_dict()).to_yaml() == custom.to_yaml()
custom.reset()
assert custom["note"].value is None
custom.clear()
assert custom.to_dataframe().empty

taxonomy = ModelTaxonomyMetadata()
taxonomy["UseCaseType"].update(UseCaseType.BINARY_CLASSIFICATION)
assert taxonomy.validate()
assert taxonomy.to_dataframe()["Value"][0] == "binary_classification"
taxonomy.reset()
assert taxonomy["UseCaseType"].value is None

folder = Path(tempfile.mkdtemp())
item = ModelCustomMetadataItem(key="key1", value="value1")
item.to_json_file(str(folder / "file.json"))
item.to_json_file(str(folder))
assert (folder / "file.json").read_text() == (folder / "key1.json").read_text() == '"value1"'
taxonomy.to_json_file(str(folder / "taxonomy.json"), storage_options=ads.auth.default_signer())
assert (folder / "taxonomy.json").is_file()

provenance = ModelProvenanceMetadata.fetch_training_code_details(training_id="ocid1.datasciencejobrun.oc1..a")
provenance.assert_path_not_dirty(str(folder), ignore=False)
assert ModelProvenanceMetadata.from_dict(provenance.to_dict()).training_id == "ocid1.datasciencejobrun.oc1..a"
