"""Version sets: names and labels that differ, numbers never given twice, deletion with or without models."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, EtagMismatch, NotFound, RelatedResourceNotFound
from modelyard.lifecycle import ModelState, VersionSetState
from modelyard.resources.model import UpdateModelDetails
from modelyard.resources.version_set import CreateModelVersionSetDetails, UpdateModelVersionSetDetails

NOWHERE = "ocid1.datasciencemodelversionset.oc98.local-1.nowhere"


def again(token: str | None = None, operation: str = "any") -> Repeatable:
    return Repeatable(caller="user", token=token, operation=operation, request=b"")


@pytest.fixture
def project_id(yard) -> str:
    return yard.project().noun.id


@pytest.fixture
def make(yard, project_id: str) -> Callable[..., object]:
    """Makes version sets in one project."""

    def make_one(name: str = "set", *, compartment_id: str = "c", token: str | None = None):
        details = CreateModelVersionSetDetails(compartment_id=compartment_id, project_id=project_id, name=name)
        return yard.catalog.version_sets.create(details, caller="user", again=again(token)).noun

    return make_one


def run_at_once(*calls: Callable[[], object]) -> tuple[list[object], list[Exception]]:
    """Run calls at once; return what they gave and what they raised."""
    begin = threading.Barrier(len(calls))
    done: list[object] = []
    failed: list[Exception] = []

    def run(call: Callable[[], object]) -> None:
        begin.wait(10)
        try:
            done.append(call())
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return done, failed


def test_a_version_set_is_kept_as_it_was_made(yard, make) -> None:
    made = make("m")
    assert yard.catalog.version_sets.get(made.id).noun == made
    assert (made.name, made.lifecycle_state, made.category) == ("m", VersionSetState.ACTIVE, "USER")
    assert made.time_created == made.time_updated == yard.now


def test_an_update_changes_what_it_names_and_says_when(yard, make) -> None:
    before = yard.catalog.version_sets.get(make().id)
    yard.pass_time(hours=1)
    details = UpdateModelVersionSetDetails(description="d")
    after = yard.catalog.version_sets.update(before.noun.id, details, if_match=before.etag).noun
    assert (after.description, after.name, after.time_updated) == ("d", "set", yard.now)
    with pytest.raises(EtagMismatch):
        yard.catalog.version_sets.update(before.noun.id, details, if_match=before.etag)


def test_a_name_is_free_again_when_its_set_is_deleted_and_in_another_compartment(yard, make) -> None:
    first = make("m")
    with pytest.raises(Conflict, match=first.id):
        make("m")
    make("m", compartment_id="other")
    yard.catalog.version_sets.delete(first.id, with_models=False, if_match=None)
    make("m")


def test_the_same_create_again_gives_the_same_set(make) -> None:
    assert make(token="t") == make(token="t")


def test_of_many_that_want_one_name_one_gets_it(make) -> None:
    done, failed = run_at_once(*[make] * 6)
    assert len(done) == 1
    assert [type(error) for error in failed] == [Conflict] * 5


def test_models_are_numbered_as_they_join(yard, make, project_id: str) -> None:
    made = make("m")
    models = [yard.model(project_id=project_id, model_version_set_id=made.id).noun for _ in range(3)]
    assert [(model.version_id, model.model_version_set_name) for model in models] == [(1, "m"), (2, "m"), (3, "m")]
    yard.catalog.models.delete(models[2].id, if_match=None)
    assert yard.model(project_id=project_id, model_version_set_id=made.id).noun.version_id == 4


def test_a_model_joins_by_an_update_and_keeps_its_number(yard, make, project_id: str) -> None:
    made, other = make("m"), make("n")
    model = yard.model(project_id=project_id).noun
    join = UpdateModelDetails(model_version_set_id=made.id, version_label="v1")
    joined = yard.catalog.models.update(model.id, join, if_match=None).noun
    assert (joined.version_id, joined.version_label, joined.model_version_set_name) == (1, "v1", "m")
    assert yard.catalog.models.update(model.id, join, if_match=None).noun == joined
    moved = yard.catalog.models.update(model.id, UpdateModelDetails(model_version_set_id=other.id), if_match=None).noun
    assert (moved.version_id, moved.version_label, moved.model_version_set_name) == (1, "v1", "n")
    assert yard.model(project_id=project_id, model_version_set_id=made.id).noun.version_id == 2


def test_a_label_is_of_one_living_model_of_the_set(yard, make, project_id: str) -> None:
    made, other = make("m"), make("n")
    first = yard.model(project_id=project_id, model_version_set_id=made.id, version_label="v1").noun
    with pytest.raises(Conflict, match=first.id):
        yard.model(project_id=project_id, model_version_set_id=made.id, version_label="v1")
    second = yard.model(project_id=project_id, model_version_set_id=made.id).noun
    with pytest.raises(Conflict, match="'v1'"):
        yard.catalog.models.update(second.id, UpdateModelDetails(version_label="v1"), if_match=None)
    yard.model(project_id=project_id, model_version_set_id=other.id, version_label="v1")
    yard.catalog.models.delete(first.id, if_match=None)
    taken = yard.catalog.models.update(second.id, UpdateModelDetails(version_label="v1"), if_match=None).noun
    assert (taken.version_id, taken.version_label) == (2, "v1")


def test_a_refused_model_takes_no_number(yard, make, project_id: str) -> None:
    made = make()
    yard.model(project_id=project_id, model_version_set_id=made.id, version_label="v1")
    with pytest.raises(Conflict):
        yard.model(project_id=project_id, model_version_set_id=made.id, version_label="v1")
    assert yard.model(project_id=project_id, model_version_set_id=made.id).noun.version_id == 2


def test_of_many_that_want_one_label_one_gets_it_and_numbers_differ(yard, make, project_id: str) -> None:
    made = make()

    def labelled() -> object:
        return yard.model(project_id=project_id, model_version_set_id=made.id, version_label="v1").noun

    def unlabelled() -> object:
        return yard.model(project_id=project_id, model_version_set_id=made.id).noun

    done, failed = run_at_once(*[labelled] * 4, *[unlabelled] * 4)
    assert [type(error) for error in failed] == [Conflict] * 3
    assert sorted(model.version_id for model in done) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_set_that_is_not_there_is_not_joined(yard, make, is_deleted: bool) -> None:
    id = NOWHERE
    if is_deleted:
        id = make().id
        yard.catalog.version_sets.delete(id, with_models=False, if_match=None)
    with pytest.raises(RelatedResourceNotFound, match=id):
        yard.model(model_version_set_id=id)
    with pytest.raises(RelatedResourceNotFound, match=id):
        yard.catalog.models.update(yard.model().noun.id, UpdateModelDetails(model_version_set_id=id), if_match=None)


def test_a_set_with_models_is_deleted_only_where_that_is_asked_for(yard, make, project_id: str) -> None:
    made = make()
    models = [yard.model(project_id=project_id, model_version_set_id=made.id).noun for _ in range(2)]
    for model in models:
        yard.upload(model.id, model.id.encode())
    with pytest.raises(Conflict, match="2 model"):
        yard.catalog.version_sets.delete(made.id, with_models=False, if_match=None)
    assert yard.catalog.version_sets.get(made.id).noun == made
    yard.catalog.version_sets.delete(made.id, with_models=True, if_match=None)
    assert yard.catalog.version_sets.get(made.id).noun.lifecycle_state is VersionSetState.DELETED
    assert {yard.catalog.models.get(model.id).noun.lifecycle_state for model in models} == {ModelState.DELETED}
    assert yard.blob_files == []


def test_a_set_whose_models_are_deleted_is_deleted(yard, make, project_id: str) -> None:
    made = make()
    model = yard.model(project_id=project_id, model_version_set_id=made.id).noun
    yard.catalog.models.delete(model.id, if_match=None)
    yard.catalog.version_sets.delete(made.id, with_models=False, if_match=None)


def test_a_deleted_set_takes_nothing_more(yard, make) -> None:
    made = make()
    yard.catalog.version_sets.delete(made.id, with_models=False, if_match=None)
    with pytest.raises(Conflict, match="is DELETED"):
        yard.catalog.version_sets.delete(made.id, with_models=True, if_match=None)
    with pytest.raises(Conflict, match="is DELETED"):
        yard.catalog.version_sets.update(made.id, UpdateModelVersionSetDetails(), if_match=None)
    with pytest.raises(NotFound, match=NOWHERE):
        yard.catalog.version_sets.get(NOWHERE)


def test_a_set_moves_to_a_compartment_where_its_name_is_free(yard, make) -> None:
    made, other = make("m"), make("m", compartment_id="other")
    with pytest.raises(Conflict, match=other.id):
        yard.catalog.version_sets.change_compartment(made.id, "other", again=again(), if_match=None)
    request = yard.catalog.version_sets.change_compartment(made.id, "third", again=again("t"), if_match=None)
    assert yard.catalog.version_sets.get(made.id).noun.compartment_id == "third"
    assert yard.catalog.version_sets.change_compartment(made.id, "third", again=again("t"), if_match=None) == request


def test_a_project_with_a_version_set_is_not_deleted(yard, make, project_id: str) -> None:
    made = make()
    with pytest.raises(Conflict, match=made.id):
        yard.catalog.projects.delete(project_id, if_match=None)
    yard.catalog.version_sets.delete(made.id, with_models=False, if_match=None)
    yard.catalog.projects.delete(project_id, if_match=None)
