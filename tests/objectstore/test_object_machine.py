"""Object storage against a model of it: a dictionary of names, and one of uploads."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from modelyard.errors import IfNoneMatchFailed, InvalidUploadPart, NoSuchUpload, ObjectNotFound
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.listing import Asked
from modelyard.objectstore.references import used_digests
from modelyard.resources.object_storage import CopyObjectDetails, RenameObjectDetails

NAMES = st.sampled_from(["a", "a/b", "a/../c", "%2F", "é/🎈"])
BODIES = st.sampled_from([b"", b"one", b"two", b"three" * 300_000])
NUMBERS = st.integers(1, 3)


@pytest.fixture(scope="module", autouse=True)
def _sheds(make_shed) -> None:
    Objects.make_shed = make_shed


class Objects(RuleBasedStateMachine):
    """Put, read, rename, copy, delete, upload in parts and restart, in any order."""

    make_shed: type
    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.shed = self.make_shed(self.folder)
        self.shed.bucket()
        self.objects: dict[str, bytes] = {}
        self.parts: dict[tuple[str, str], dict[int, tuple[str, bytes]]] = {}

    def teardown(self) -> None:
        self.shed.close()
        shutil.rmtree(self.folder)

    @rule(name=NAMES, body=BODIES)
    def put(self, name: str, body: bytes) -> None:
        self.shed.put(name, body)
        self.objects[name] = body

    @rule(name=NAMES, body=BODIES)
    def put_if_new(self, name: str, body: bytes) -> None:
        conditions = Conditions(None, "*")
        if name in self.objects:
            with pytest.raises(IfNoneMatchFailed):
                self.shed.put(name, body, conditions)
        else:
            self.shed.put(name, body, conditions)
            self.objects[name] = body

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        delete = self.shed.storage.objects.delete
        if self.objects.pop(name, None) is None:
            with pytest.raises(ObjectNotFound):
                delete(self.shed.place(name), if_match=None)
        else:
            delete(self.shed.place(name), if_match=None)

    @rule(old=NAMES, new=NAMES)
    def rename(self, old: str, new: str) -> None:
        details = RenameObjectDetails(source_name=old, new_name=new)
        if old in self.objects:
            self.shed.storage.objects.rename(self.shed.namespace, "b", details)
            self.objects[new] = self.objects.pop(old)
        else:
            with pytest.raises(ObjectNotFound):
                self.shed.storage.objects.rename(self.shed.namespace, "b", details)

    @rule(old=NAMES, new=NAMES)
    def copy(self, old: str, new: str) -> None:
        details = CopyObjectDetails(
            source_object_name=old,
            destination_region="local-1",
            destination_namespace=self.shed.namespace,
            destination_bucket="b",
            destination_object_name=new,
        )
        if old in self.objects:
            self.shed.storage.copies.copy(self.shed.namespace, "b", details)
            self.objects[new] = self.objects[old]
        else:
            with pytest.raises(ObjectNotFound):
                self.shed.storage.copies.copy(self.shed.namespace, "b", details)

    @rule(target=uploads, name=NAMES)
    def begin(self, name: str) -> tuple[str, str]:
        upload = (name, self.shed.begin(name))
        self.parts[upload] = {}
        return upload

    @rule(upload=uploads, number=NUMBERS, body=BODIES)
    def part(self, upload: tuple[str, str], number: int, body: bytes) -> None:
        if upload in self.parts:
            self.parts[upload][number] = (self.shed.part(*upload, number, body).etag, body)
        else:
            with pytest.raises(NoSuchUpload):
                self.shed.part(*upload, number, body)

    @rule(upload=uploads, numbers=st.sets(NUMBERS, min_size=1))
    def commit(self, upload: tuple[str, str], numbers: set[int]) -> None:
        there = self.parts.get(upload)
        etags = {number: there[number][0] if there and number in there else "none" for number in numbers}
        if there is None:
            with pytest.raises(NoSuchUpload):
                self.shed.commit(*upload, etags)
        elif not numbers <= set(there):
            with pytest.raises(InvalidUploadPart):
                self.shed.commit(*upload, etags)
        else:
            self.shed.commit(*upload, etags)
            self.objects[upload[0]] = b"".join(there[number][1] for number in sorted(numbers))
            del self.parts[upload]

    @rule(upload=uploads)
    def abort(self, upload: tuple[str, str]) -> None:
        name, upload_id = upload
        if self.parts.pop(upload, None) is None:
            with pytest.raises(NoSuchUpload):
                self.shed.storage.uploads.abort(self.shed.place(name), upload_id)
        else:
            self.shed.storage.uploads.abort(self.shed.place(name), upload_id)

    @rule()
    def restart(self) -> None:
        self.shed.close()
        self.shed = self.make_shed(self.folder)
        self.shed.sweep()

    @rule(name=NAMES, start=st.integers(0, 2_000_000), length=st.integers(1, 2_000_000))
    def read_a_range(self, name: str, start: int, length: int) -> None:
        body = self.objects.get(name, b"")
        if start < len(body):
            stop = min(start + length, len(body))
            assert self.shed.read(name, start, stop) == body[start:stop]

    @invariant()
    def objects_are_what_was_put(self) -> None:
        listed = self.shed.storage.listing.page(self.shed.namespace, "b", Asked())
        assert [found.name for found in listed.objects] == sorted(self.objects)
        assert {name: self.shed.read(name) for name in self.objects} == self.objects

    @invariant()
    def the_disk_holds_what_objects_and_parts_have(self) -> None:
        pieces = {body for parts in self.parts.values() for _, body in parts.values()}
        digests = set(self.shed.blobs.digests())
        with self.shed.database.read() as tx:
            assert used_digests(tx) == digests
        assert len(self.shed.blob_files) == len(digests) >= len(pieces)


Objects.TestCase.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestObjects = Objects.TestCase
