"""Models and their artifacts against a model of them: a dictionary."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from modelyard.catalog.artifacts import Upload
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, InvalidParameter, NotFound
from modelyard.lifecycle import ModelState

BODIES = st.sampled_from([b"a", b"b", b"c" * 1_100_000])


@pytest.fixture(scope="module", autouse=True)
def _catalogs(make_yard) -> None:
    Uploads.make_yard = make_yard


class Uploads(RuleBasedStateMachine):
    """Create, upload, upload again, break off, restart and delete, in any order."""

    make_yard: type
    models = Bundle("models")
    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.yard = self.make_yard(self.folder)
        self.project_id = self.yard.project().noun.id
        self.artifacts: dict[str, bytes | None] = {}
        self.deleted: set[str] = set()
        self.open: dict[int, bytes] = {}

    def teardown(self) -> None:
        self.yard.database.close()
        shutil.rmtree(self.folder)

    @rule(target=models)
    def create(self) -> str:
        model_id = self.yard.model(project_id=self.project_id).noun.id
        self.artifacts[model_id] = None
        return model_id

    @rule(target=uploads, model_id=models, body=BODIES | st.just(b""))
    def begin(self, model_id: str, body: bytes):
        again = Repeatable(caller="user", token=None, operation="any", request=b"")
        upload = Upload(model_id=model_id, file_name="a.zip", length=None, if_match=None, again=again)
        if model_id in self.deleted or self.artifacts[model_id] is not None:
            with pytest.raises(Conflict):
                self.yard.artifacts.begin(upload)
            return None
        incoming = self.yard.artifacts.begin(upload)
        self.open[id(incoming)] = body
        if incoming.take(body):
            incoming.flush()
        return upload, incoming

    @rule(begun=consumes(uploads))
    def complete(self, begun) -> None:
        if begun is None:
            return
        upload, incoming = begun
        body = self.open.pop(id(incoming), None)
        if body is None:
            return  # the service was started again meanwhile
        refusal = None
        if body == b"":
            refusal = InvalidParameter
        elif upload.model_id in self.deleted or self.artifacts[upload.model_id] is not None:
            refusal = Conflict
        if refusal is None:
            self.yard.artifacts.complete(upload, incoming, signed_digest=None)
            self.artifacts[upload.model_id] = body
        else:
            with pytest.raises(refusal):
                self.yard.artifacts.complete(upload, incoming, signed_digest=None)

    @rule(begun=consumes(uploads))
    def break_off(self, begun) -> None:
        if begun is not None and self.open.pop(id(begun[1]), None) is not None:
            begun[1].abort()

    @rule(model_id=models)
    def delete(self, model_id: str) -> None:
        if model_id in self.deleted:
            with pytest.raises(Conflict):
                self.yard.catalog.models.delete(model_id, if_match=None)
        else:
            self.yard.catalog.models.delete(model_id, if_match=None)
            self.deleted.add(model_id)
            self.artifacts[model_id] = None

    @rule()
    def restart(self) -> None:
        """Lose every upload that is under way."""
        self.yard.database.close()
        self.open.clear()
        self.yard = self.make_yard(self.folder)
        self.yard.artifacts.sweep()

    @invariant()
    def models_have_what_they_were_given(self) -> None:
        for model_id, body in self.artifacts.items():
            if body is None:
                with pytest.raises(NotFound):
                    self.yard.artifacts.find(model_id)
            else:
                assert self.yard.download(model_id) == body
            state = self.yard.catalog.models.get(model_id).noun.lifecycle_state
            assert (state is ModelState.DELETED) == (model_id in self.deleted)

    @invariant()
    def the_disk_holds_what_models_have_and_what_is_under_way(self) -> None:
        bodies = {body for body in self.artifacts.values() if body is not None}
        assert len(self.yard.blob_files) == len(bodies) + len(self.open)


Uploads.TestCase.settings = settings(
    max_examples=10, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
TestUploads = Uploads.TestCase
