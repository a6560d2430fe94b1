"""Object storage, driven by the official SDK: buckets, objects, lists, uploads in parts, and what goes wrong."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import threading
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.error import HTTPError

import pytest

oci = pytest.importorskip("oci")
models = oci.object_storage.models
MIB = 1024 * 1024
ODD_NAME = "a/b c/../d?%2F#é.txt"


def fault(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return the ServiceError that a call ends in."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


@dataclass
class Storage:
    """The official client, a namespace and a bucket of the test's own."""

    client: Any
    namespace: str
    bucket: str
    compartment_id: str

    @property
    def place(self) -> tuple[str, str]:
        return self.namespace, self.bucket

    def put(self, name: str, data: bytes = b"x", **options: Any) -> Any:
        return self.client.put_object(*self.place, name, data, **options)

    def read(self, name: str, **options: Any) -> bytes:
        content: bytes = self.client.get_object(*self.place, name, **options).data.content
        return content

    def names(self, **options: Any) -> list[str]:
        return [each.name for each in self.client.list_objects(*self.place, **options).data.objects]

    def begin(self, name: str, **fields: Any) -> str:
        details = models.CreateMultipartUploadDetails(object=name, **fields)
        upload_id: str = self.client.create_multipart_upload(*self.place, details).data.upload_id
        return upload_id

    def part(self, name: str, upload_id: str, number: int, data: bytes, **options: Any) -> str:
        etag: str = self.client.upload_part(*self.place, name, upload_id, number, data, **options).headers["etag"]
        return etag

    def commit(self, name: str, upload_id: str, parts: dict[int, str], **options: Any) -> Any:
        details = models.CommitMultipartUploadDetails(
            parts_to_commit=[
                models.CommitMultipartUploadPartDetails(part_num=number, etag=etag) for number, etag in parts.items()
            ],
            **options,
        )
        return self.client.commit_multipart_upload(*self.place, name, upload_id, details)


@pytest.fixture(scope="session")
def client(official: Any) -> Any:
    return oci.object_storage.ObjectStorageClient(
        official.config, service_endpoint=official.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )


@pytest.fixture
def storage(client: Any, official: Any) -> Storage:
    namespace = client.get_namespace().data
    name = f"bucket-{uuid.uuid4().hex}"
    details = models.CreateBucketDetails(name=name, compartment_id=official.compartment_id, versioning="Enabled")
    client.create_bucket(namespace, details)
    return Storage(client, namespace, name, official.compartment_id)


# ── namespace and buckets ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_namespace_is_one_name_that_stays(client, official):
    namespace = client.get_namespace().data
    assert namespace.isalnum()
    assert client.get_namespace(compartment_id=official.compartment_id).data == namespace
    metadata = client.get_namespace_metadata(namespace).data
    assert metadata.default_s3_compartment_id == official.compartment_id
    details = models.UpdateNamespaceMetadataDetails(default_swift_compartment_id="ocid1.compartment.oc98..swift")
    changed = client.update_namespace_metadata(namespace, details).data
    assert changed.default_swift_compartment_id == "ocid1.compartment.oc98..swift"
    assert client.get_namespace_metadata(namespace).data == changed
    assert fault(client.get_namespace_metadata, "another").code == "NamespaceNotFound"


def test_a_bucket_is_created_read_changed_and_deleted(client, official):
    namespace = client.get_namespace().data
    name = f"b_{uuid.uuid4().hex}.-"
    details = models.CreateBucketDetails(
        name=name,
        compartment_id=official.compartment_id,
        metadata={"a": "b"},
        freeform_tags={"team": "x"},
        versioning="Enabled",
        storage_tier="Archive",
    )
    created = client.create_bucket(namespace, details).data
    assert created.versioning == "Enabled"
    assert created.created_by == official.config["user"]
    read = client.get_bucket(namespace, name, fields=["approximateCount", "approximateSize"])
    assert (read.data.name, read.data.metadata, read.data.storage_tier) == (name, {"a": "b"}, "Archive")
    assert (read.data.approximate_count, read.data.approximate_size) == (0, 0)
    assert client.head_bucket(namespace, name).headers["etag"] == read.headers["etag"] == created.etag
    error = fault(client.create_bucket, namespace, details)
    assert (error.status, error.code) == (409, "BucketAlreadyExists")
    change = models.UpdateBucketDetails(versioning="Suspended", name=f"{name}2", freeform_tags={})
    changed = client.update_bucket(namespace, name, change, if_match=created.etag).data
    assert (changed.name, changed.versioning, changed.freeform_tags) == (f"{name}2", "Suspended", {})
    assert fault(client.update_bucket, namespace, changed.name, change, if_match=created.etag).code == "IfMatchFailed"
    assert fault(client.get_bucket, namespace, changed.name, if_none_match=changed.etag).status == 304
    assert client.delete_bucket(namespace, changed.name).status == 204
    assert fault(client.get_bucket, namespace, changed.name).code == "BucketNotFound"
    missing = fault(client.head_bucket, namespace, changed.name)
    assert (missing.status, missing.code) == (404, None)


def test_buckets_are_listed_by_name_in_pages(client, official):
    namespace = client.get_namespace().data
    compartment = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    names = [f"list-{uuid.uuid4().hex}" for _ in range(5)]
    for name in names:
        details = models.CreateBucketDetails(name=name, compartment_id=compartment, freeform_tags={"n": name})
        client.create_bucket(namespace, details)
    pages = oci.pagination.list_call_get_all_results(client.list_buckets, namespace, compartment, limit=2)
    assert [bucket.name for bucket in pages.data] == sorted(names)
    assert pages.data[0].freeform_tags is None
    tagged = client.list_buckets(namespace, compartment, fields=["tags"]).data
    assert [bucket.freeform_tags["n"] for bucket in tagged] == sorted(names)
    assert client.list_buckets(namespace, "ocid1.compartment.oc98..none").data == []


def test_a_bucket_with_objects_or_uploads_is_not_deleted(storage):
    storage.put("x")
    error = fault(storage.client.delete_bucket, *storage.place)
    assert (error.status, error.code) == (409, "BucketNotEmpty")
    storage.client.delete_object(*storage.place, "x")
    upload_id = storage.begin("y")
    assert fault(storage.client.delete_bucket, *storage.place).code == "BucketNotEmpty"
    storage.client.abort_multipart_upload(*storage.place, "y", upload_id)
    storage.client.delete_bucket(*storage.place)


@pytest.mark.parametrize("name", ["a b", "a/b", "é", "x" * 257, ".."])
def test_a_bucket_with_a_bad_name_is_refused(client, official, name):
    details = models.CreateBucketDetails(name=name, compartment_id=official.compartment_id)
    error = fault(client.create_bucket, client.get_namespace().data, details)
    assert (error.status, error.code) == (400, "InvalidParameter")


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_object_comes_back_with_all_that_it_was_given(storage):
    data = os.urandom(3 * MIB + 17)
    put = storage.put(
        ODD_NAME,
        data,
        content_type="text/plain",
        content_language="de",
        content_disposition='attachment; filename="x.txt"',
        cache_control="no-cache",
        content_md5=md5(data),
        storage_tier="InfrequentAccess",
        opc_meta={"owner": "me", "empty": "-"},
        opc_client_request_id="mine",
    )
    assert put.headers["opc-content-md5"] == md5(data)
    assert put.headers["opc-client-request-id"] == "mine"
    got = storage.client.get_object(*storage.place, ODD_NAME)
    assert got.data.content == data
    expected = {
        "content-type": "text/plain",
        "content-language": "de",
        "content-disposition": 'attachment; filename="x.txt"',
        "cache-control": "no-cache",
        "content-length": str(len(data)),
        "opc-meta-owner": "me",
        "storage-tier": "InfrequentAccess",
        "etag": put.headers["etag"],
        "last-modified": put.headers["last-modified"],
        "opc-content-md5": md5(data),
    }
    assert {name: got.headers[name] for name in expected} == expected
    head = storage.client.head_object(*storage.place, ODD_NAME)
    assert {name: head.headers[name] for name in expected} == expected
    assert storage.names() == [ODD_NAME]


def test_an_object_is_written_over_and_its_old_bytes_are_given_back(storage, service):
    def files() -> int:
        return sum(1 for path in service.settings.blobs.glob("sha256/??/*"))

    before = files()
    first = storage.put("x", os.urandom(1000)).headers["etag"]
    for _ in range(3):
        assert storage.put("x", os.urandom(1000)).headers["etag"] != first
    assert files() == before + 1
    storage.client.delete_object(*storage.place, "x")
    assert files() == before
    error = fault(storage.client.delete_object, *storage.place, "x")
    assert (error.status, error.code) == (404, "ObjectNotFound")


def test_an_empty_object_is_an_object(storage):
    storage.put("empty", b"")
    assert storage.read("empty") == b""
    assert storage.client.head_object(*storage.place, "empty").headers["content-length"] == "0"
    assert fault(storage.client.get_object, *storage.place, "empty", range="bytes=0-1").status == 416


@pytest.mark.parametrize(
    "name", ["..", ".", "../../etc/passwd", "a//b", "/a", "a/", "%2F", "%", "a+b c", "ü/漢字/🎈", "é" * 512, "x" * 1024]
)
def test_names_mean_nothing_but_themselves(storage, name):
    storage.put(name, name.encode())
    assert storage.read(name) == name.encode()
    assert storage.names() == [name]
    storage.client.delete_object(*storage.place, name)
    assert storage.names() == []


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b", "x" * 1025, "é" * 513])
def test_a_name_that_is_too_long_or_has_control_characters_is_refused(storage, name):
    error = fault(storage.put, name, allow_control_chars=True)
    assert (error.status, error.code) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=10-19", 10, 19), ("bytes=-5", 995, 999), ("bytes=990-", 990, 999)]
)
def test_a_range_is_read(storage, asked, first, last):
    data = os.urandom(1000)
    storage.put("x", data)
    got = storage.client.get_object(*storage.place, "x", range=asked)
    assert (got.status, got.data.content) == (206, data[first : last + 1])
    assert got.headers["content-range"] == f"bytes {first}-{last}/1000"


def test_a_range_behind_the_end_is_refused(storage):
    storage.put("x", b"12345")
    error = fault(storage.client.get_object, *storage.place, "x", range="bytes=5-9")
    assert (error.status, error.code) == (416, "InvalidRange")


def test_reads_and_writes_may_depend_on_etags(storage):
    client, place = storage.client, storage.place
    etag = storage.put("x", b"1", if_none_match="*").headers["etag"]
    error = fault(storage.put, "x", b"2", if_none_match="*")
    assert (error.status, error.code) == (412, "IfNoneMatchFailed")
    assert fault(storage.put, "x", b"2", if_match="other").code == "IfMatchFailed"
    assert fault(storage.put, "y", b"2", if_match="*").code == "IfMatchFailed"
    assert fault(client.get_object, *place, "x", if_match="other").status == 412
    assert fault(client.get_object, *place, "x", if_none_match=etag).status == 304
    assert fault(client.head_object, *place, "x", if_none_match="*").status == 304
    assert storage.read("x", if_match=etag, if_none_match="other") == b"1"
    new = storage.put("x", b"2", if_match=etag).headers["etag"]
    assert fault(client.delete_object, *place, "x", if_match=etag).code == "IfMatchFailed"
    client.delete_object(*place, "x", if_match=new)


def test_of_many_that_race_to_create_an_object_one_wins(storage):
    outcomes: list[int] = []
    begin = threading.Barrier(4)

    def race(number: int) -> None:
        begin.wait(10)
        try:
            storage.put("x", b"%d" % number, if_none_match="*")
        except oci.exceptions.ServiceError as error:
            outcomes.append(error.status)
        else:
            outcomes.append(200)
            winners.append(b"%d" % number)

    winners: list[bytes] = []
    threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == [200, 412, 412, 412]
    assert [storage.read("x")] == winners


def test_checksums_are_held_against_the_bytes(storage):
    data = b"123456789"
    crc32c = base64.b64encode(0xE3069283.to_bytes(4, "big")).decode()
    right = {
        "opc_content_sha256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
        "opc_content_sha384": base64.b64encode(hashlib.sha384(data).digest()).decode(),
        "opc_content_crc32c": crc32c,
        "content_md5": md5(data),
    }
    put = storage.put("x", data, **right)
    head = storage.client.head_object(*storage.place, "x")
    for name in ("opc_content_sha256", "opc_content_sha384", "opc_content_crc32c"):
        header = name.replace("_", "-")
        assert put.headers[header] == head.headers[header] == right[name]
    for name, value in right.items():
        error = fault(storage.put, "x", b"other", **{name: value})
        assert (error.status, error.code) == (400, "UnmatchedContentMD5"), name
        assert fault(storage.put, "x", data, **{name: "AAAA"}).code == "InvalidParameter", name
    assert storage.read("x") == data
    assert storage.put("y", data, opc_checksum_algorithm="CRC32C").headers["opc-content-crc32c"] == crc32c
    assert fault(storage.put, "y", data, opc_checksum_algorithm="MD4").code == "InvalidParameter"


def test_what_is_not_there_is_said(storage):
    client, namespace = storage.client, storage.namespace
    error = fault(client.get_object, *storage.place, "nothing")
    assert (error.status, error.code) == (404, "ObjectNotFound")
    head = fault(client.head_object, *storage.place, "nothing")
    assert (head.status, head.code) == (404, None)
    assert fault(client.put_object, namespace, "no-such-bucket", "x", b"x").code == "BucketNotFound"
    assert fault(client.list_objects, namespace, "no-such-bucket").code == "BucketNotFound"
    assert fault(client.put_object, "other", storage.bucket, "x", b"x").code == "NamespaceNotFound"


def test_a_key_of_the_clients_own_is_refused_rather_than_ignored(storage):
    error = fault(
        storage.put,
        "x",
        opc_sse_customer_algorithm="AES256",
        opc_sse_customer_key=base64.b64encode(bytes(32)).decode(),
        opc_sse_customer_key_sha256="x",
    )
    assert error.status == 501


def test_the_answers_headers_are_what_the_query_says(storage):
    storage.put("x", b"1", content_type="text/plain")
    got = storage.client.get_object(
        *storage.place,
        "x",
        http_response_content_type="text/html",
        http_response_content_disposition="attachment; filename=é.txt",
        http_response_cache_control="max-age=1",
        http_response_expires="Thu, 01 Jan 2032 00:00:00 GMT",
    )
    assert got.headers["content-type"] == "text/html"
    assert got.headers["content-disposition"].encode("latin-1").decode() == "attachment; filename=é.txt"
    assert got.headers["cache-control"] == "max-age=1"
    assert got.headers["expires"].startswith("Thu")
    bad = fault(storage.client.get_object, *storage.place, "x", http_response_content_type="a\r\nx-evil: 1")
    assert bad.code == "InvalidParameter"


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_objects_are_listed_by_prefix_delimiter_and_bounds(storage):
    for name in ("a", "b/1", "b/2", "b/c/3", "b0", "d/4"):
        storage.put(name)
    listing = storage.client.list_objects(*storage.place, delimiter="/").data
    assert ([each.name for each in listing.objects], listing.prefixes) == (["a", "b0"], ["b/", "d/"])
    inner = storage.client.list_objects(*storage.place, delimiter="/", prefix="b/").data
    assert ([each.name for each in inner.objects], inner.prefixes) == (["b/1", "b/2"], ["b/c/"])
    assert storage.names(prefix="b/") == ["b/1", "b/2", "b/c/3"]
    assert storage.names(start="b/2", end="d/4") == ["b/2", "b/c/3", "b0"]
    assert storage.names(start_after="b/2", limit=1) == ["b/c/3"]
    assert fault(storage.names, start="a", start_after="a").code == "InvalidParameter"
    assert fault(storage.names, fields="everything").code == "InvalidParameter"
    assert fault(storage.names, limit=0).code == "InvalidParameter"


def test_a_list_has_the_fields_that_are_asked_for(storage):
    etag = storage.put("x", b"123").headers["etag"]
    plain = storage.client.list_objects(*storage.place).data.objects[0]
    assert (plain.name, plain.size, plain.etag, plain.md5, plain.time_created) == ("x", None, None, None, None)
    fields = "name,size,etag,md5,timeCreated,timeModified,storageTier,archivalState"
    full = storage.client.list_objects(*storage.place, fields=fields).data.objects[0]
    assert (full.name, full.size, full.etag, full.md5, full.storage_tier) == ("x", 3, etag, md5(b"123"), "Standard")
    assert full.time_created.tzinfo is not None


def test_the_official_paginator_reads_a_long_list_to_its_end(storage):
    names = [f"{number % 7}/{number:03}" for number in range(60)]
    for name in names:
        storage.put(name, b"")
    pages = oci.pagination.list_call_get_all_results(
        storage.client.list_objects, *storage.place, limit=7, fields="name,size"
    )
    assert [each.name for each in pages.data.objects] == sorted(names)
    folded = oci.pagination.list_call_get_all_results(
        storage.client.list_objects, *storage.place, limit=2, delimiter="/"
    )
    assert sorted(folded.data.prefixes) == [f"{number}/" for number in range(7)]  # it keeps them as a set


def test_versions_are_listed_with_their_ids(storage):
    etag = storage.put("m/x", b"12").headers["etag"]
    storage.put("m/y")
    storage.put("z")
    page = storage.client.list_object_versions(*storage.place, prefix="m/", fields="etag")
    assert [(each.name, each.is_delete_marker) for each in page.data.items] == [("m/x", False), ("m/y", False)]
    first = page.data.items[0]
    assert (first.etag, first.size) == (etag, 2)
    assert storage.read("m/x", version_id=first.version_id) == b"12"
    assert fault(storage.read, "m/x", version_id="other").code == "ObjectNotFound"
    pages = oci.pagination.list_call_get_all_results(storage.client.list_object_versions, *storage.place, limit=1)
    assert [each.name for each in pages.data] == ["m/x", "m/y", "z"]


# ── renames, copies and batches ──────────────────────────────────────────────────────────────────────────────────────


def test_an_object_is_renamed(storage):
    client, place = storage.client, storage.place
    storage.put("old", b"1", content_type="text/plain")
    storage.put("taken", b"2")
    details = models.RenameObjectDetails(source_name="old", new_name="taken", new_obj_if_none_match_e_tag="*")
    assert fault(client.rename_object, *place, details).code == "IfNoneMatchFailed"
    renamed = client.rename_object(*place, models.RenameObjectDetails(source_name="old", new_name="taken"))
    assert storage.names() == ["taken"]
    got = client.get_object(*place, "taken")
    assert (got.data.content, got.headers["content-type"]) == (b"1", "text/plain")
    assert got.headers["etag"] == renamed.headers["etag"]
    assert fault(client.rename_object, *place, details).code == "ObjectNotFound"


def test_an_object_is_copied_with_a_work_request(storage, official):
    client, place = storage.client, storage.place
    other = f"copies-{uuid.uuid4().hex}"
    client.create_bucket(
        storage.namespace, models.CreateBucketDetails(name=other, compartment_id=storage.compartment_id)
    )
    storage.put("x", b"copied", opc_meta={"a": "1"})

    def details(**changes: Any) -> Any:
        fields = {
            "source_object_name": "x",
            "destination_region": official.config["region"],
            "destination_namespace": storage.namespace,
            "destination_bucket": other,
            "destination_object_name": "y",
        }
        return models.CopyObjectDetails(**{**fields, **changes})

    composite = oci.object_storage.ObjectStorageClientCompositeOperations(client)
    request = composite.copy_object_and_wait_for_state(*place, details(), wait_for_states=["COMPLETED"]).data
    assert (request.status, request.operation_type, request.percent_complete) == ("COMPLETED", "COPY_OBJECT", 100.0)
    assert request.resources[1].metadata["OBJECT"] == "y"
    assert client.list_work_request_errors(request.id).data == []
    assert len(client.list_work_request_logs(request.id).data) == 1
    assert request.id in {each.id for each in client.list_work_requests(storage.compartment_id).data}
    assert fault(client.cancel_work_request, request.id).code == "Conflict"
    client.delete_object(*place, "x")
    got = client.get_object(storage.namespace, other, "y")
    assert (got.data.content, got.headers["opc-meta-a"]) == (b"copied", "1")
    assert fault(client.copy_object, *place, details()).code == "ObjectNotFound"
    storage.put("x", b"again")
    again = details(destination_object_if_none_match_e_tag="*")
    assert fault(client.copy_object, *place, again).code == "IfNoneMatchFailed"
    assert fault(client.copy_object, *place, details(destination_region="mars-1")).code == "InvalidParameter"
    assert fault(client.copy_object, *place, details(destination_bucket="none")).code == "BucketNotFound"
    client.copy_object(*place, details(destination_object_metadata={"opc-meta-b": "2"}))
    assert client.head_object(storage.namespace, other, "y").headers["opc-meta-b"] == "2"


def test_several_objects_are_deleted_at_once(storage):
    for name in "abc":
        storage.put(name)
    named = [models.BatchDeleteObjectIdentifier(object_name=name) for name in ("a", "b", "nothing")]
    named.append(models.BatchDeleteObjectIdentifier(object_name="c", if_match="other"))
    details = models.BatchDeleteObjectsDetails(objects=named)
    result = storage.client.batch_delete_objects(*storage.place, details).data
    assert [each.object_name for each in result.deleted] == ["a", "b"]
    assert [(each.object_name, each.status_code) for each in result.failed] == [("nothing", 404), ("c", 412)]
    assert storage.names() == ["c"]


# ── uploads in parts ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_parts_come_in_any_order_and_make_one_object(storage):
    parts = {number: os.urandom(100 * number) for number in (3, 1, 7)}
    upload_id = storage.begin("x", content_type="text/plain", metadata={"opc-meta-a": "1"})
    etags = {number: storage.part("x", upload_id, number, data) for number, data in parts.items()}
    assert storage.names() == []
    committed = storage.commit("x", upload_id, etags)
    whole = b"".join(parts[number] for number in sorted(parts))
    digest = hashlib.md5(b"".join(hashlib.md5(parts[number]).digest() for number in sorted(parts))).digest()
    assert committed.headers["opc-multipart-md5"] == f"{base64.b64encode(digest).decode()}-3"
    got = storage.client.get_object(*storage.place, "x")
    assert got.data.content == whole
    assert (got.headers["content-type"], got.headers["opc-meta-a"]) == ("text/plain", "1")
    assert got.headers["opc-multipart-md5"] == committed.headers["opc-multipart-md5"]
    assert storage.read("x", range="bytes=90-450") == whole[90:451]
    assert fault(storage.commit, "x", upload_id, etags).code == "NoSuchUpload"


def test_a_part_is_replaced_and_another_left_out(storage):
    upload_id = storage.begin("x")
    old = storage.part("x", upload_id, 1, b"old")
    new = storage.part("x", upload_id, 1, b"new", content_md5=md5(b"new"))
    left_out = storage.part("x", upload_id, 2, b"left out")
    error = fault(storage.commit, "x", upload_id, {1: old})
    assert (error.status, error.code) == (400, "InvalidUploadPart")
    assert fault(storage.commit, "x", upload_id, {1: new, 3: new}).code == "InvalidUploadPart"
    assert fault(storage.commit, "x", upload_id, {}).code == "InvalidParameter"
    both = fault(storage.commit, "x", upload_id, {1: new, 2: left_out}, parts_to_exclude=[2])
    assert both.code == "InvalidParameter"
    storage.commit("x", upload_id, {1: new}, parts_to_exclude=[2])
    assert storage.read("x") == b"new"


def test_a_bad_part_is_refused_and_another_may_follow(storage):
    upload_id = storage.begin("x")
    error = fault(storage.part, "x", upload_id, 1, b"data", content_md5=md5(b"other"))
    assert (error.status, error.code) == (400, "UnmatchedContentMD5")
    for number in (0, 10_001, -1):
        assert fault(storage.part, "x", upload_id, number, b"data").code == "InvalidParameter"
    assert fault(storage.part, "y", upload_id, 1, b"data").code == "NoSuchUpload"
    assert fault(storage.part, "x", "nothing", 1, b"data").code == "NoSuchUpload"
    assert storage.client.list_multipart_upload_parts(*storage.place, "x", upload_id).data == []
    storage.commit("x", upload_id, {10_000: storage.part("x", upload_id, 10_000, b"data")})
    assert storage.read("x") == b"data"


def test_uploads_and_parts_are_listed_and_aborted(storage):
    client, place = storage.client, storage.place
    ids = {storage.begin(f"x{number}") for number in range(3)}
    pages = oci.pagination.list_call_get_all_results(client.list_multipart_uploads, *place, limit=2)
    assert {upload.upload_id for upload in pages.data} == ids
    upload = pages.data[0]
    for number in (2, 11, 1):
        storage.part(upload.object, upload.upload_id, number, b"%d" % number)
    parts = oci.pagination.list_call_get_all_results(
        client.list_multipart_upload_parts, *place, upload.object, upload.upload_id, limit=1
    )
    assert [(part.part_number, part.size, part.md5) for part in parts.data] == [
        (1, 1, md5(b"1")),
        (2, 1, md5(b"2")),
        (11, 2, md5(b"11")),
    ]
    assert client.abort_multipart_upload(*place, upload.object, upload.upload_id).status == 204
    assert fault(client.abort_multipart_upload, *place, upload.object, upload.upload_id).code == "NoSuchUpload"
    assert len(client.list_multipart_uploads(*place).data) == 2


def test_a_commit_may_depend_on_what_is_there(storage):
    upload_id = storage.begin("x")
    etags = {1: storage.part("x", upload_id, 1, b"1")}
    storage.put("x", b"faster")
    details = models.CommitMultipartUploadDetails(
        parts_to_commit=[models.CommitMultipartUploadPartDetails(part_num=1, etag=etags[1])]
    )
    refused = fault(storage.client.commit_multipart_upload, *storage.place, "x", upload_id, details, if_none_match="*")
    assert refused.code == "IfNoneMatchFailed"
    assert storage.read("x") == b"faster"
    storage.commit("x", upload_id, etags)
    assert storage.read("x") == b"1"


def test_metadata_that_cannot_be_a_header_is_refused(storage):
    for metadata in ({"a": "1\r\nx-evil: 2"}, {"a b": "1"}, {"a": "x" * 5000}):
        details = models.CreateMultipartUploadDetails(object="x", metadata=metadata)
        assert fault(storage.client.create_multipart_upload, *storage.place, details).status == 400


@pytest.mark.parametrize("parallel", [True, False])
def test_the_upload_manager_sends_a_file_in_parts(storage, tmp_path, parallel):
    data = os.urandom(5 * MIB + 123)
    file = tmp_path / "file"
    file.write_bytes(data)
    manager = oci.object_storage.UploadManager(
        storage.client, allow_parallel_uploads=parallel, parallel_process_count=4 if parallel else None
    )
    sent = manager.upload_file(*storage.place, ODD_NAME, str(file), part_size=MIB, metadata={"a": "b"})
    assert sent.status == 200
    assert storage.read(ODD_NAME) == data
    head = storage.client.head_object(*storage.place, ODD_NAME)
    assert head.headers["opc-multipart-md5"].endswith("-6")
    assert head.headers["opc-meta-a"] == "b"


def test_the_upload_manager_sends_a_stream(storage):
    data = os.urandom(3 * MIB + 5)
    manager = oci.object_storage.UploadManager(storage.client, allow_parallel_uploads=True)
    manager.upload_stream(*storage.place, "stream", io.BytesIO(data), part_size=MIB)
    assert storage.read("stream") == data


def test_the_upload_manager_goes_on_where_it_was_cut_off(storage, tmp_path):
    data = os.urandom(4 * MIB)
    file = tmp_path / "file"
    file.write_bytes(data)
    upload_id = storage.begin("x")
    storage.part("x", upload_id, 2, data[MIB : 2 * MIB])
    manager = oci.object_storage.UploadManager(storage.client)
    manager.resume_upload_file(*storage.place, "x", str(file), upload_id, part_size=MIB)
    assert storage.read("x") == data


# ── pre-authenticated requests ───────────────────────────────────────────────────────────────────────────────────────


def unsigned(url: str, *, method: str = "GET", data: bytes | None = None) -> tuple[int, bytes]:
    """Send a request without a signature; return status and body."""
    request = urllib.request.Request(url, data=data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def preauthenticated(storage: Storage, access_type: str, **fields: Any) -> Any:
    expires = datetime.now(timezone.utc) + timedelta(hours=1)
    details = models.CreatePreauthenticatedRequestDetails(
        **{"name": "p", "access_type": access_type, "time_expires": expires, **fields}
    )
    return storage.client.create_preauthenticated_request(*storage.place, details).data


def test_an_address_reads_one_object_and_no_other(storage, service):
    storage.put(ODD_NAME, b"open")
    storage.put("other", b"closed")
    made = preauthenticated(storage, "ObjectRead", object_name=ODD_NAME)
    assert made.full_path == service.endpoint + made.access_uri
    assert unsigned(made.full_path) == (200, b"open")
    assert unsigned(made.full_path, method="HEAD") == (200, b"")
    assert unsigned(made.full_path, method="PUT", data=b"no")[0] == 404
    base = made.full_path.rsplit("/", 1)[0]
    assert unsigned(f"{base}/other")[0] == 404
    assert unsigned(f"{base}/")[0] == 404
    assert unsigned(made.full_path.replace("/p/", "/p/x"))[0] == 404
    assert unsigned(f"{service.endpoint}/n/{storage.namespace}/b/{storage.bucket}/o/other")[0] == 401


def test_an_address_writes_where_it_may(storage):
    one = preauthenticated(storage, "ObjectWrite", object_name="in")
    assert unsigned(one.full_path, method="PUT", data=b"came")[0] == 200
    assert storage.read("in") == b"came"
    assert unsigned(one.full_path)[0] == 404
    many = preauthenticated(storage, "AnyObjectReadWrite", object_name="in/", bucket_listing_action="ListObjects")
    assert unsigned(f"{many.full_path}in/a/b", method="PUT", data=b"1")[0] == 200
    assert unsigned(f"{many.full_path}in/a/b") == (200, b"1")
    assert unsigned(f"{many.full_path}out", method="PUT", data=b"1")[0] == 404
    status, body = unsigned(f"{many.full_path}?prefix=in/")
    assert (status, b"in/a/b" in body) == (200, True)
    assert unsigned(many.full_path)[0] == 404


def test_an_address_is_of_its_bucket_alone(storage, client, official):
    storage.put("x", b"1")
    other = f"other-{uuid.uuid4().hex}"
    client.create_bucket(
        storage.namespace, models.CreateBucketDetails(name=other, compartment_id=official.compartment_id)
    )
    client.put_object(storage.namespace, other, "x", b"2")
    made = preauthenticated(storage, "AnyObjectRead")
    assert unsigned(f"{made.full_path}x") == (200, b"1")
    assert unsigned(f"{made.full_path}x".replace(storage.bucket, other))[0] == 404
    assert unsigned(f"{made.full_path}x".replace(storage.bucket, "nothing"))[0] == 404


def test_addresses_are_listed_without_their_tokens_and_deleted(storage):
    storage.put("x", b"1")
    made = [preauthenticated(storage, "ObjectRead", object_name=name) for name in ("x", "y", "x")]
    listed = oci.pagination.list_call_get_all_results(
        storage.client.list_preauthenticated_requests, *storage.place, limit=1, object_name_prefix="x"
    )
    assert {each.id for each in listed.data} == {made[0].id, made[2].id}
    assert storage.client.get_preauthenticated_request(*storage.place, made[0].id).data.name == "p"
    storage.client.delete_preauthenticated_request(*storage.place, made[0].id)
    assert unsigned(made[0].full_path)[0] == 404
    assert unsigned(made[2].full_path) == (200, b"1")
    assert fault(storage.client.get_preauthenticated_request, *storage.place, made[0].id).status == 404


def test_an_address_that_makes_no_sense_is_refused(storage):
    past = datetime.now(timezone.utc) - timedelta(seconds=1)
    for access_type, fields in (
        ("ObjectRead", {}),
        ("ObjectRead", {"object_name": "x", "bucket_listing_action": "ListObjects"}),
        ("AnyObjectRead", {"bucket_listing_action": "Everything"}),
        ("AnyObjectRead", {"time_expires": past}),
        ("AnyObjectRead", {"object_name": "a\nb"}),
    ):
        with pytest.raises(oci.exceptions.ServiceError) as caught:
            preauthenticated(storage, access_type, **fields)
        assert caught.value.code == "InvalidParameter"
