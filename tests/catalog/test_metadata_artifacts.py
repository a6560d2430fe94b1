"""Artifacts of metadata items: posted once, replaced whole, flagged by the service, gone when unneeded."""

from __future__ import annotations

import threading

import pytest

from modelyard.catalog.metadata import ItemKey
from modelyard.catalog.metadata_artifacts import LIMIT, MetadataArtifacts, MetadataUpload
from modelyard.catalog.rest.metadata_artifacts import CustomMetadataArtifacts
from modelyard.catalog.store import MetadataArtifact
from modelyard.errors import (
    Conflict,
    EtagMismatch,
    InvalidParameter,
    LimitExceeded,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
)
from modelyard.resources.model import Metadata, UpdateModelDetails
from modelyard.wire.operation import Call

CUSTOM, DEFINED = ItemKey("custom", "k"), ItemKey("defined", "k")


def send(yard, model_id: str, data: bytes, item: ItemKey = CUSTOM, **changes: object):
    digest = changes.pop("signed_digest", None)
    fields = {"file_name": "a.json", "length": len(data), "is_first": True, "if_match": None, **changes}
    upload = MetadataUpload(model_id=model_id, item=item, **fields)
    service = yard.catalog.metadata_artifacts
    incoming = service.begin(upload)
    try:
        incoming.take(data)
        incoming.flush()
    except BaseException:
        incoming.abort()
        raise
    return service.complete(upload, incoming, signed_digest=digest)


def receive(yard, model_id: str, item: ItemKey = CUSTOM, **part: int) -> bytes:
    service = yard.catalog.metadata_artifacts
    return b"".join(service.read(service.find(model_id, item), **part))


def flags(yard, model_id: str) -> tuple[list[bool], list[bool]]:
    model = yard.catalog.models.get(model_id).noun
    lists = model.custom_metadata_list, model.defined_metadata_list
    return tuple([item.has_artifact for item in items] for items in lists)


@pytest.fixture
def model_id(yard) -> str:
    items = [Metadata(key="k", value="v"), Metadata(key="other")]
    return yard.model(custom_metadata_list=items, defined_metadata_list=items[:1]).noun.id


def test_an_item_gets_the_bytes_that_came_and_says_so(yard, model_id: str) -> None:
    artifact = send(yard, model_id, b"0123456789")
    assert yard.catalog.metadata_artifacts.find(model_id, CUSTOM) == artifact
    assert (artifact.size, artifact.file_name) == (10, "a.json")
    assert receive(yard, model_id) == b"0123456789"
    assert receive(yard, model_id, start=2, stop=4) == b"23"
    assert flags(yard, model_id) == ([True, False], [False])


def test_custom_and_defined_items_of_one_key_are_two(yard, model_id: str) -> None:
    send(yard, model_id, b"custom")
    send(yard, model_id, b"defined", DEFINED)
    assert (receive(yard, model_id), receive(yard, model_id, DEFINED)) == (b"custom", b"defined")


def test_a_second_post_is_refused_and_a_put_replaces(yard, model_id: str) -> None:
    first = send(yard, model_id, b"first")
    with pytest.raises(Conflict, match="PUT"):
        send(yard, model_id, b"second")
    etag = first.digest.removeprefix("sha256:")
    send(yard, model_id, b"second", is_first=False, if_match=etag)
    assert receive(yard, model_id) == b"second"
    with pytest.raises(EtagMismatch):
        send(yard, model_id, b"third", is_first=False, if_match=etag)
    assert len(yard.blob_files) == 1


def test_a_put_of_the_same_bytes_keeps_them(yard, model_id: str) -> None:
    send(yard, model_id, b"same")
    send(yard, model_id, b"same", is_first=False)
    assert receive(yard, model_id) == b"same"


def test_a_put_of_what_was_never_posted_is_refused(yard, model_id: str) -> None:
    with pytest.raises(NotFound, match="POST"):
        send(yard, model_id, b"x", is_first=False)
    assert yard.blob_files == []


@pytest.mark.parametrize("item", [ItemKey("custom", "none"), ItemKey("defined", "other")])
def test_an_item_that_is_not_there_has_no_artifact(yard, model_id: str, item: ItemKey) -> None:
    for ask in (
        lambda: send(yard, model_id, b"x", item),
        lambda: receive(yard, model_id, item),
        lambda: yard.catalog.metadata_artifacts.delete(model_id, item, if_match=None),
    ):
        with pytest.raises(NotFound, match=f"no {item.kind} metadata '{item.key}'"):
            ask()


@pytest.mark.parametrize("key", ["Readme", "README", "License", "DeploymentConfiguration", "FineTuneConfiguration"])
def test_the_keys_that_the_catalog_defines_need_not_be_named_first(yard, model_id: str, key: str) -> None:
    item = ItemKey("defined", key)
    for ask in (lambda: receive(yard, model_id, item), lambda: send(yard, model_id, b"x", item, is_first=False)):
        with pytest.raises(NotFound, match="has no artifact"):
            ask()
    assert flags(yard, model_id) == ([False, False], [False])
    send(yard, model_id, b"# a model", item)
    assert receive(yard, model_id, item) == b"# a model"
    added = yard.catalog.models.get(model_id).noun.defined_metadata_list[-1]
    assert added == Metadata(key=key, has_artifact=True)
    with pytest.raises(Conflict, match="PUT"):
        send(yard, model_id, b"again", item)
    yard.catalog.metadata_artifacts.delete(model_id, item, if_match=None)
    assert yard.blob_files == []
    with pytest.raises(NotFound):
        send(yard, model_id, b"x", ItemKey("custom", key))


def test_an_item_that_would_be_too_much_metadata_is_not_added(yard) -> None:
    full = [Metadata(key=f"{number}", value="x" * 15_900) for number in range(2)]
    model_id = yard.model(custom_metadata_list=full, defined_metadata_list=[Metadata(key="k" * 190)]).noun.id
    with pytest.raises(LimitExceeded):
        send(yard, model_id, b"x", ItemKey("defined", "DeploymentConfiguration"))
    assert yard.blob_files == []


def test_an_item_without_an_artifact_has_nothing_to_read_or_delete(yard, model_id: str) -> None:
    with pytest.raises(NotFound, match="has no artifact"):
        receive(yard, model_id)
    with pytest.raises(NotFound, match="has no artifact"):
        yard.catalog.metadata_artifacts.delete(model_id, CUSTOM, if_match=None)


def test_of_two_posts_at_once_one_wins_whole(yard, model_id: str) -> None:
    begin = threading.Barrier(4)
    done: list[bytes] = []
    refused: list[bytes] = []

    def run(data: bytes) -> None:
        begin.wait(10)
        try:
            send(yard, model_id, data)
        except Conflict:
            refused.append(data)
        else:
            done.append(data)

    threads = [threading.Thread(target=run, args=(bytes([number]) * 50_000,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(done), len(refused)) == (1, 3)
    assert receive(yard, model_id) == done[0]
    assert len(yard.blob_files) == 1


def test_an_update_of_the_list_keeps_the_flags_of_the_service(yard, model_id: str) -> None:
    send(yard, model_id, b"x")
    items = [Metadata(key="other", has_artifact=True), Metadata(key="k", value="new", has_artifact=False)]
    yard.catalog.models.update(model_id, UpdateModelDetails(custom_metadata_list=items), if_match=None)
    assert flags(yard, model_id) == ([False, True], [False])
    assert receive(yard, model_id) == b"x"


def test_an_item_that_goes_takes_its_artifact_with_it(yard, model_id: str) -> None:
    send(yard, model_id, b"x")
    send(yard, model_id, b"y", DEFINED)
    yard.catalog.models.update(model_id, UpdateModelDetails(custom_metadata_list=[]), if_match=None)
    assert receive(yard, model_id, DEFINED) == b"y"
    assert len(yard.blob_files) == 1


def test_a_deleted_artifact_leaves_its_item(yard, model_id: str) -> None:
    send(yard, model_id, b"x")
    with pytest.raises(EtagMismatch):
        yard.catalog.metadata_artifacts.delete(model_id, CUSTOM, if_match="other")
    yard.catalog.metadata_artifacts.delete(model_id, CUSTOM, if_match=None)
    assert flags(yard, model_id) == ([False, False], [False])
    assert yard.blob_files == []
    send(yard, model_id, b"again")


def test_bytes_that_something_else_needs_stay(yard, model_id: str) -> None:
    other = yard.model().noun.id
    yard.upload(other, b"shared")
    send(yard, model_id, b"shared")
    send(yard, model_id, b"shared", DEFINED)
    yard.catalog.models.delete(other, if_match=None)
    yard.catalog.metadata_artifacts.delete(model_id, CUSTOM, if_match=None)
    assert receive(yard, model_id, DEFINED) == b"shared"
    yard.artifacts.sweep()
    assert receive(yard, model_id, DEFINED) == b"shared"


def test_a_deleted_model_takes_the_artifacts_of_its_metadata_with_it(yard, model_id: str) -> None:
    send(yard, model_id, b"x")
    yard.catalog.models.delete(model_id, if_match=None)
    assert yard.blob_files == []
    with pytest.raises(NotFound, match="is deleted"):
        receive(yard, model_id)
    with pytest.raises(Conflict, match="is DELETED"):
        send(yard, model_id, b"x")


def test_what_is_empty_too_large_or_another_than_signed_leaves_nothing(yard, model_id: str) -> None:
    with pytest.raises(InvalidParameter, match="empty"):
        send(yard, model_id, b"")
    with pytest.raises(PayloadTooLarge, match=str(LIMIT)):
        send(yard, model_id, b"x", length=LIMIT + 1)
    with pytest.raises(PayloadTooLarge, match=str(LIMIT)):
        send(yard, model_id, bytes(LIMIT + 1), length=None)
    with pytest.raises(NotAuthenticated, match="x-content-sha256"):
        send(yard, model_id, b"x", signed_digest="bm8=")
    assert yard.blob_files == []
    assert flags(yard, model_id) == ([False, False], [False])


def test_a_download_that_is_overtaken_answers_with_what_is_there_then(yard, model_id: str) -> None:
    class Overtaken(MetadataArtifacts):
        is_first = True

        def find(self, model_id: str, item: ItemKey) -> MetadataArtifact:
            found = super().find(model_id, item)
            if self.is_first:
                send(yard, model_id, b"newer", is_first=False)
                self.is_first = False
            return found

    send(yard, model_id, b"old")
    handlers = CustomMetadataArtifacts(Overtaken(yard.database, yard.blobs))
    path = {"model_id": model_id, "metadatum_key_name": "k"}
    reply = handlers.get_model_custom_metadatum_artifact_content(
        Call(path=path, headers={}, caller="user", request_id="r")
    )
    assert reply.content is not None
    assert b"".join(reply.content.open()) == b"newer"


def test_a_download_of_bytes_that_the_disk_has_lost_says_so_before_it_sends_anything(yard, model_id: str) -> None:
    send(yard, model_id, b"data")
    yard.blob_files[0].unlink()
    handlers = CustomMetadataArtifacts(yard.catalog.metadata_artifacts)
    path = {"model_id": model_id, "metadatum_key_name": "k"}
    with pytest.raises(NotFound):
        handlers.get_model_custom_metadatum_artifact_content(Call(path=path, headers={}, caller="user", request_id="r"))
