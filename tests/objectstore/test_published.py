"""Namespaces that the service publishes: read by all, written by nobody, and apart from the own one."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from modelyard.errors import BucketNotFound, NamespaceNotFound, NotFound, ObjectNotFound
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.objects import Place, Put
from modelyard.objectstore.service import Home, object_storage
from modelyard.objectstore.store import Headers
from modelyard.resources.object_storage import (
    BatchDeleteObjectIdentifier,
    BatchDeleteObjectsDetails,
    CopyObjectDetails,
    CreateBucketDetails,
    CreatePreauthenticatedRequestDetails,
    RenameObjectDetails,
    UpdateBucketDetails,
)
from modelyard.server.published_packs import NAMESPACES, publish_packs

PACKS = "id19sfcrra6z"
INDEX_ALONE = "ociodscdev"
BUCKET = "service-conda-packs"
INDEX = "service_pack/index.json"
HOME = Home(tenancy_id="t", compartment_id="c", region="local-1", endpoint="http://yard.test", published=NAMESPACES)


@pytest.fixture
def shed(shed: Any) -> Any:
    """Object storage that publishes one pack."""
    shed.storage = object_storage(shed.database, shed.blobs, home=HOME, clock=lambda: shed.now)
    publish(shed, {"default": Path(sys.executable)})
    return shed


def publish(shed: Any, packs: dict[str, Path]) -> None:
    publish_packs(packs, database=shed.database, blobs=shed.blobs, compartment_id="c", clock=lambda: shed.now)


def read(shed: Any, namespace: str, name: str) -> bytes:
    stored = shed.storage.objects.find(Place(namespace, BUCKET, name))
    return b"".join(shed.storage.objects.read(stored, start=0, stop=stored.size))


def test_the_index_is_in_both_places_and_names_what_serves(shed: Any) -> None:
    index = json.loads(read(shed, PACKS, INDEX))
    assert index == json.loads(read(shed, INDEX_ALONE, INDEX))
    (pack,) = index["service_packs"]
    assert pack["slug"] == "default"
    assert pack["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    name = pack["pack_path"].removeprefix(f"oci://{BUCKET}@{PACKS}/")
    manifest = shed.storage.objects.find(Place(PACKS, BUCKET, name)).headers.metadata["manifest"]
    assert json.loads(manifest) == pack == json.loads(read(shed, PACKS, name))
    with pytest.raises(ObjectNotFound):
        read(shed, INDEX_ALONE, name)


def test_a_start_with_the_same_packs_writes_nothing(shed: Any) -> None:
    before = shed.storage.objects.find(Place(PACKS, BUCKET, INDEX)).etag
    publish(shed, {"default": Path(sys.executable)})
    assert shed.storage.objects.find(Place(PACKS, BUCKET, INDEX)).etag == before


def test_a_start_with_other_packs_replaces_what_is_published(shed: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        publish(shed, {"other": Path(sys.prefix), "broken": Path("/nowhere")})
    assert [pack["slug"] for pack in json.loads(read(shed, PACKS, INDEX))["service_packs"]] == ["other"]
    assert "slug=broken" in caplog.text
    with pytest.raises(ObjectNotFound):
        read(shed, PACKS, "service_pack/local/default")
    assert read(shed, PACKS, "service_pack/local/other")


def test_any_token_opens_what_is_published_for_reading_alone(shed: Any) -> None:
    requests = shed.storage.preauthenticated
    requests.check("whatever", INDEX_ALONE, BUCKET, INDEX, action="read")
    with pytest.raises(NotFound):
        requests.check("whatever", INDEX_ALONE, BUCKET, INDEX, action="write")
    with pytest.raises(NotFound):
        requests.check_listing("whatever", PACKS, BUCKET, "")
    with pytest.raises(NotFound):
        requests.check("whatever", shed.namespace, "b", "x", action="read")


def test_a_name_is_taken_in_its_own_namespace_alone(shed: Any) -> None:
    shed.bucket(BUCKET)
    with pytest.raises(ObjectNotFound):
        read(shed, shed.namespace, INDEX)
    assert [bucket.name for bucket in shed.storage.buckets.page(PACKS, "c", start="", limit=9)] == [BUCKET]
    assert [bucket.name for bucket in shed.storage.buckets.page(shed.namespace, "c", start="", limit=9)] == [
        "b",
        BUCKET,
    ]
    with pytest.raises(BucketNotFound):
        shed.storage.buckets.get(PACKS, "b")


def test_a_namespace_that_nobody_has_is_still_none(shed: Any) -> None:
    with pytest.raises(NamespaceNotFound):
        shed.storage.buckets.get("another", BUCKET)


def test_a_published_object_can_be_copied_to_the_own_namespace_and_not_back(shed: Any) -> None:
    def copy(namespace: str, bucket: str, to: str) -> None:
        details = CopyObjectDetails(
            source_object_name=INDEX, destination_region="local-1", destination_namespace=to,
            destination_bucket=BUCKET, destination_object_name=INDEX,
        )  # fmt: skip
        shed.storage.copies.copy(namespace, bucket, details)

    shed.bucket(BUCKET)
    copy(PACKS, BUCKET, shed.namespace)
    assert read(shed, shed.namespace, INDEX) == read(shed, PACKS, INDEX)
    with pytest.raises(NotFound, match="is the service's"):
        copy(shed.namespace, BUCKET, PACKS)


@pytest.mark.parametrize("what", ["create", "update", "delete", "put", "remove", "several", "rename", "upload", "open"])
def test_nobody_writes_to_what_is_published(shed: Any, what: str) -> None:
    storage, place = shed.storage, Place(PACKS, BUCKET, INDEX)
    put = Put(place=place, headers=Headers(), conditions=Conditions(), announced={})
    open_to_all = CreatePreauthenticatedRequestDetails(
        name="p", access_type="AnyObjectReadWrite", time_expires=shed.now.replace(year=2099)
    )
    attempts = {
        "create": lambda: storage.buckets.create(
            PACKS, CreateBucketDetails(name="mine", compartment_id="c"), caller="u"
        ),
        "update": lambda: storage.buckets.update(PACKS, BUCKET, UpdateBucketDetails(name="mine"), if_match=None),
        "delete": lambda: storage.buckets.delete(PACKS, BUCKET, if_match=None),
        "put": lambda: storage.objects.begin(put),
        "remove": lambda: storage.objects.delete(place, if_match=None),
        "several": lambda: storage.objects.delete_several(
            PACKS, BUCKET, BatchDeleteObjectsDetails(objects=[BatchDeleteObjectIdentifier(object_name=INDEX)])
        ),
        "rename": lambda: storage.objects.rename(
            PACKS, BUCKET, RenameObjectDetails(source_name=INDEX, new_name="mine")
        ),
        "upload": lambda: storage.uploads.create(place, Headers(), Conditions()),
        "open": lambda: storage.preauthenticated.create(PACKS, BUCKET, open_to_all),
    }
    with pytest.raises(NotFound, match="is the service's"):
        attempts[what]()
    assert json.loads(read(shed, PACKS, INDEX))
