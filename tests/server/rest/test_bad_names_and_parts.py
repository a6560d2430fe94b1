"""Names that are ways through folders elsewhere, parts that do not fit, bytes that are not what was announced."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest


def in_path(name: str) -> str:
    """Return a name as the official clients put it into a path: dots too are escaped, or proxies would resolve them."""
    return quote(name, safe="").replace(".", "%2E")


@dataclass
class Store:
    """Object storage as a client sees it, and the folder in which it keeps bytes."""

    api: Any
    bucket: str = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send a signed request; the signature of bytes covers their head alone, as in the official clients."""
        url = httpx.URL(f"http://yard.test{path}")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        has_body = method in {"POST", "PUT"}
        signed = self.api.signature(method, url, content if has_body and not isinstance(body, bytes) else None)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.send(method, url, content if has_body else None, signed | sent)

    def put(self, name: str, data: bytes = b"x", **headers: str) -> httpx.Response:
        return self.ask("PUT", f"{self.bucket}/o/{in_path(name)}", data, **headers)

    def get(self, name: str) -> httpx.Response:
        return self.ask("GET", f"{self.bucket}/o/{in_path(name)}")

    def names(self) -> list[str]:
        return [each["name"] for each in self.ask("GET", f"{self.bucket}/o").json()["objects"]]

    def files(self) -> list[str]:
        """Every file that holds bytes of blobs."""
        return [str(path) for path in self.api.settings.blobs.rglob("*") if path.is_file()]

    def begin(self, name: str) -> str:
        upload_id: str = self.ask("POST", f"{self.bucket}/u", {"object": name}).json()["uploadId"]
        return upload_id

    def part(self, name: str, upload_id: str, number: int, data: bytes, **headers: str) -> httpx.Response:
        path = f"{self.bucket}/u/{name}?uploadId={upload_id}&uploadPartNum={number}"
        return self.ask("PUT", path, data, **headers)

    def commit(self, name: str, upload_id: str, parts: list[tuple[int, str]]) -> httpx.Response:
        body = {"partsToCommit": [{"partNum": number, "etag": etag} for number, etag in parts]}
        return self.ask("POST", f"{self.bucket}/u/{name}?uploadId={upload_id}", body)


@pytest.fixture
def store(api) -> Store:
    """An empty bucket."""
    store = Store(api)
    namespace = store.ask("GET", "/n").json()
    made = store.ask("POST", f"/n/{namespace}/b", {"name": "b", "compartmentId": api.compartment_id})
    assert made.status_code == 200, made.text
    store.bucket = f"/n/{namespace}/b/b"
    return store


@pytest.mark.parametrize(
    "name",
    ["..", ".", "../..", "../../etc/passwd", "a/../../b", "/", "//", "/etc/passwd", "~", "a\\..\\b", "é" * 512, "\x01",
     "%2e%2e", "-rf", "a" * 1024, "\N{PILE OF POO}" * 256, "CON", "name with spaces ", "\u202ereversed"],
)  # fmt: skip
def test_a_name_however_odd_is_a_name_and_no_way_through_folders(store: Store, name: str) -> None:
    before = {path for path in store.api.settings.home.rglob("*") if path.is_dir()}
    assert store.put(name, b"bytes").status_code == 200
    assert store.get(name).content == b"bytes"
    assert store.names() == [name]
    new = set(store.api.settings.home.rglob("*")) - before
    assert all(path.is_relative_to(store.api.settings.blobs) or path.suffix for path in new)
    assert store.ask("DELETE", f"{store.bucket}/o/{in_path(name)}").status_code == 204
    assert store.files() == []


@pytest.mark.parametrize("name", ["é" * 513, "x" * 1025, "\N{PILE OF POO}" * 257, "a\0b", "a\nb", "a\rb"])
def test_a_name_that_is_too_long_or_has_control_characters_is_refused(store: Store, fault, name: str) -> None:
    fault(store.put(name), 400, "InvalidParameter")
    assert store.names() == []
    assert store.files() == []


@pytest.mark.parametrize("name", ["..", "a/b", "é", "", "x" * 257, "a\0b", "a b", "a\n"])
def test_a_bucket_that_cannot_be_named_so_is_refused(store: Store, name: str) -> None:
    buckets = store.bucket.rpartition("/")[0]
    answer = store.ask("POST", buckets, {"name": name, "compartmentId": store.api.compartment_id})
    assert (answer.status_code, answer.json()["code"][:7]) == (400, "Invalid"), answer.text
    assert "ame" in answer.json()["message"]


def test_a_commit_of_parts_that_do_not_fit_makes_nothing_and_leaves_the_upload_as_it_was(store: Store, fault) -> None:
    upload_id = store.begin("x")
    etags = {number: store.part("x", upload_id, number, bytes([number]) * 10).headers["etag"] for number in (1, 2, 3)}
    for parts in (
        [(1, etags[1]), (4, etags[3])],  # one that never came
        [(1, etags[2]), (2, etags[1])],  # each with the other's bytes
        [(1, "made-up")],
        [(1, etags[1]), (1, etags[1])],  # twice
        [(10_001, etags[1])],
        [],
    ):
        answer = store.commit("x", upload_id, parts)
        assert answer.status_code == 400, answer.text
        assert answer.json()["message"]
        assert store.names() == []
    fault(store.commit("x", "of-nobody", [(1, etags[1])]), 404, "NoSuchUpload")
    fault(store.commit("y", upload_id, [(1, etags[1])]), 404, "NoSuchUpload")
    in_any_order = store.commit("x", upload_id, [(number, etags[number]) for number in (3, 1, 2)])
    assert in_any_order.status_code == 200
    assert store.get("x").content == b"".join(bytes([number]) * 10 for number in (1, 2, 3))


def test_parts_may_be_small_or_empty_and_numbers_left_out(store: Store) -> None:
    upload_id = store.begin("x")
    etags = {number: store.part("x", upload_id, number, data).headers["etag"] for number, data in
             {7: b"seven", 9: b"", 10_000: b"z"}.items()}  # fmt: skip
    assert store.commit("x", upload_id, list(etags.items())).status_code == 200
    assert store.get("x").content == b"sevenz"


@pytest.mark.parametrize(
    "announced",
    [
        {"content_md5": base64.b64encode(hashlib.md5(b"other").digest()).decode()},
        {"opc_content_sha256": base64.b64encode(hashlib.sha256(b"other").digest()).decode()},
        {"content_md5": "no base64"},
        {"content_md5": base64.b64encode(b"short").decode()},
        {"opc_content_sha256": "x"},
    ],
)
def test_bytes_that_are_not_what_was_announced_are_not_kept(store: Store, announced: dict[str, str]) -> None:
    upload_id = store.begin("x")
    for answer in (store.put("x", b"these", **announced), store.part("x", upload_id, 1, b"these", **announced)):
        assert answer.status_code == 400, answer.text
        assert answer.json()["message"]
    assert store.names() == []
    assert store.files() == []
    assert store.ask("GET", f"{store.bucket}/u/x?uploadId={upload_id}").json() == []


def test_an_artifact_with_another_digest_than_announced_is_not_kept(api, fault) -> None:
    id = api.model()["id"]
    url = httpx.URL(f"http://yard.test/20190101/models/{id}/artifact")
    fault(
        api.send("POST", url, b"PK other", api.signature("POST", url, b"PK zip")),
        401,
        "NotAuthenticated",
        "x-content-sha256 differs",
    )
    assert [path for path in api.settings.blobs.rglob("*") if path.is_file()] == []
    fault(api.call("GET", f"/models/{id}/artifact/content"), 404, "NotAuthorizedOrNotFound")


@pytest.mark.parametrize("name", ["../x.zip", "a/b.zip", "a\\b.zip", "..", "", "x" * 300 + ".zip"])
def test_a_file_name_that_is_a_path_is_refused(api, fault, name: str) -> None:
    id = api.model()["id"]
    answer = api.upload(id, b"PK", content_disposition=f'attachment; filename="{name}"')
    assert answer.status_code in {204, 400}
    if answer.status_code == 204:
        said = api.call("GET", f"/models/{id}/artifact/content").headers["content-disposition"]
        assert "/" not in said.partition("filename=")[2]
        assert ".." not in said


@pytest.mark.parametrize("key", ["%2e%2e", "a%2Fb", "%00", "x" * 256, "%FF", "no-such-item"])
def test_a_metadata_item_that_is_not_there_gets_no_artifact(api, key: str) -> None:
    id = api.model(customMetadataList=[{"key": "note", "value": "v"}])["id"]
    url = httpx.URL(f"http://yard.test/20190101/models/{id}/customMetadata/{key}/artifact")
    answer = api.send("POST", url, b"bytes", api.signature("POST", url, None))
    assert answer.status_code in {400, 404}, answer.text
    assert [path for path in api.settings.blobs.rglob("*") if path.is_file()] == []
