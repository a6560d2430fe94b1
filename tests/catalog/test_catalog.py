"""The rules of projects, models and provenance."""

from __future__ import annotations

import threading
import time

import pytest

from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import (
    Conflict,
    EtagMismatch,
    InvalidatedRetryToken,
    InvalidParameter,
    LimitExceeded,
    NotFound,
    RelatedResourceNotFound,
)
from modelyard.lifecycle import ModelState, ProjectState
from modelyard.resources.model import Metadata, ModelProvenance, UpdateModelDetails
from modelyard.resources.project import UpdateProjectDetails

NOWHERE = "ocid1.datasciencemodel.oc98.local-1.nowhere"


def token(request: bytes = b"") -> Repeatable:
    return Repeatable(caller="user", token="t", operation="create_model", request=request)


# ── projects ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_project_without_a_name_gets_one(yard) -> None:
    assert yard.project().noun.display_name == "project20261122120000"


def test_an_update_changes_what_it_names_and_nothing_else(yard) -> None:
    before = yard.project()
    after = yard.catalog.projects.update(
        before.noun.id, UpdateProjectDetails(description="d", freeform_tags={}), if_match=before.etag
    )
    assert after.noun.description == "d"
    assert after.noun.display_name == before.noun.display_name
    assert after.etag != before.etag
    assert yard.catalog.projects.get(before.noun.id) == after


def test_a_deleted_project_stays_readable_and_takes_nothing_more(yard) -> None:
    project = yard.project().noun
    yard.catalog.projects.delete(project.id, if_match=None)
    assert yard.catalog.projects.get(project.id).noun.lifecycle_state is ProjectState.DELETED
    with pytest.raises(Conflict):
        yard.catalog.projects.delete(project.id, if_match=None)
    with pytest.raises(Conflict):
        yard.catalog.projects.update(project.id, UpdateProjectDetails(), if_match=None)
    with pytest.raises(RelatedResourceNotFound):
        yard.model(project_id=project.id)


def test_a_project_with_models_is_not_deleted(yard) -> None:
    model = yard.model().noun
    with pytest.raises(Conflict, match=model.id):
        yard.catalog.projects.delete(model.project_id, if_match=None)
    yard.catalog.models.delete(model.id, if_match=None)
    yard.catalog.projects.delete(model.project_id, if_match=None)


def test_a_wrong_etag_keeps_a_project_as_it_is(yard) -> None:
    project = yard.project().noun
    with pytest.raises(EtagMismatch):
        yard.catalog.projects.delete(project.id, if_match="other")
    assert yard.catalog.projects.get(project.id).noun == project


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_keeps_what_it_was_made_with(yard) -> None:
    items = [Metadata(key="Framework", value="scikit-learn", has_artifact=True), Metadata(key="k")]
    model = yard.model(
        display_name="m", description="d", custom_metadata_list=items[1:], defined_metadata_list=items[:1],
        input_schema="{}", output_schema="[]", freeform_tags={"a": "b"},
    ).noun  # fmt: skip
    assert (model.display_name, model.description, model.input_schema, model.output_schema) == ("m", "d", "{}", "[]")
    assert model.lifecycle_state is ModelState.ACTIVE
    assert [(item.key, item.has_artifact) for item in model.defined_metadata_list] == [("Framework", False)]
    assert yard.catalog.models.get(model.id).noun == model


def test_an_update_never_touches_the_schemas(yard) -> None:
    model = yard.model(input_schema="{}").noun
    after = yard.catalog.models.update(
        model.id, UpdateModelDetails(display_name="n", custom_metadata_list=[Metadata(key="k")]), if_match=None
    )
    assert (after.noun.display_name, after.noun.input_schema) == ("n", "{}")


def test_a_model_is_switched_off_and_on(yard) -> None:
    model = yard.model().noun
    for verb, state in (
        ("deactivate", ModelState.INACTIVE),
        ("deactivate", ModelState.INACTIVE),
        ("activate", ModelState.ACTIVE),
        ("activate", ModelState.ACTIVE),
    ):
        assert yard.catalog.models.move(model.id, verb, if_match=None).noun.lifecycle_state is state


def test_a_deleted_model_stays_readable_and_takes_nothing_more(yard) -> None:
    model = yard.model().noun
    yard.catalog.models.delete(model.id, if_match=None)
    assert yard.catalog.models.get(model.id).noun.lifecycle_state is ModelState.DELETED
    for change in (
        lambda: yard.catalog.models.delete(model.id, if_match=None),
        lambda: yard.catalog.models.update(model.id, UpdateModelDetails(), if_match=None),
        lambda: yard.catalog.models.move(model.id, "activate", if_match=None),
        lambda: yard.catalog.provenances.create(model.id, ModelProvenance(), again=token()),
    ):
        with pytest.raises(Conflict, match="is DELETED"):
            change()


def test_what_is_not_there_is_said_with_its_id(yard) -> None:
    for ask in (yard.catalog.models.get, yard.catalog.projects.get, yard.catalog.provenances.get, yard.artifacts.find):
        with pytest.raises(NotFound, match=NOWHERE):
            ask(NOWHERE)


@pytest.mark.parametrize(
    ("items", "says"),
    [([Metadata(value="v")], "has no key"), ([Metadata(key="k"), Metadata(key="k")], "'k' twice")],
)
def test_metadata_needs_keys_that_differ(yard, items: list[Metadata], says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        yard.model(custom_metadata_list=items)
    with pytest.raises(InvalidParameter, match=says):
        yard.catalog.models.update(yard.model().noun.id, UpdateModelDetails(defined_metadata_list=items), if_match=None)


@pytest.mark.parametrize(("size", "fits"), [(31_996, True), (31_997, False)])
def test_metadata_has_a_limit_over_both_lists(yard, size: int, fits: bool) -> None:
    custom, defined = [Metadata(key="é", value="x" * 16_000)], [Metadata(key="ab", value="x" * (size - 16_000))]
    if fits:
        yard.model(custom_metadata_list=custom, defined_metadata_list=defined)
        return
    with pytest.raises(LimitExceeded, match="32001 bytes together"):
        yard.model(custom_metadata_list=custom, defined_metadata_list=defined)


# ── retry tokens ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_create_again_gives_the_same_model(yard) -> None:
    project_id = yard.project().noun.id
    first = yard.model(again=token(), project_id=project_id)
    assert yard.model(again=token(), project_id=project_id) == first
    with pytest.raises(InvalidatedRetryToken):
        yard.model(again=token(b"other"), project_id=project_id)
    yard.pass_time(hours=25)
    assert yard.model(again=token(b"other"), project_id=project_id).noun.id != first.noun.id


def test_many_creates_at_once_with_one_token_make_one_model(yard) -> None:
    project_id = yard.project().noun.id
    begin = threading.Barrier(6)
    made: list[str] = []

    def run() -> None:
        begin.wait(10)
        made.append(yard.model(again=token(), project_id=project_id).noun.id)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 6
    assert len(set(made)) == 1


# ── provenance ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_gets_its_provenance_once_and_updates_change_what_they_name(yard) -> None:
    model = yard.model().noun
    with pytest.raises(NotFound, match="no provenance"):
        yard.catalog.provenances.get(model.id)
    with pytest.raises(NotFound, match="no provenance"):
        yard.catalog.provenances.update(model.id, ModelProvenance(), if_match=None)
    first = yard.catalog.provenances.create(model.id, ModelProvenance(git_commit="c", git_branch="b"), again=token())
    other = Repeatable(caller="user", token=None, operation="x", request=b"")
    with pytest.raises(Conflict, match="update it"):
        yard.catalog.provenances.create(model.id, ModelProvenance(), again=other)
    second = yard.catalog.provenances.update(model.id, ModelProvenance(git_branch="main"), if_match=first.etag)
    assert second.noun == ModelProvenance(git_commit="c", git_branch="main")
    with pytest.raises(EtagMismatch):
        yard.catalog.provenances.update(model.id, ModelProvenance(), if_match=first.etag)


def test_a_provenance_that_is_sent_again_is_not_a_conflict(yard) -> None:
    model = yard.model().noun
    first = yard.catalog.provenances.create(model.id, ModelProvenance(git_commit="c"), again=token())
    assert yard.catalog.provenances.create(model.id, ModelProvenance(git_commit="c"), again=token()) == first


def test_many_items_of_metadata_are_refused_as_soon_as_they_are_counted(yard) -> None:
    items = [Metadata(key=f"k{number}") for number in range(100_000)]
    begun = time.process_time()
    with pytest.raises(LimitExceeded):
        yard.model(custom_metadata_list=items)
    assert time.process_time() - begun < 10.0  # to hold each against all others would take minutes, in a transaction
