"""Model version sets: made, found and deleted at a real service, and what saves go into them."""

from __future__ import annotations

import contextvars
import inspect
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard import ModelVersionSet, errors, experiment, ids
from modelyard.client.data_science import DataScienceClient
from modelyard.client.profile import resolve
from modelyard.model.builder import Builder
from modelyard.model.model_version_set import ModelVersionSetNotExists, ModelVersionSetNotSaved
from modelyard.resources.model import CreateModelDetails
from modelyard.resources.version_set import ChangeModelVersionSetCompartmentDetails

#: What the reference lets a caller pass by position, or by a name that it documents.
REFERENCE = {
    "create": "",
    "update": "",
    "delete": "delete_model=False",
    "model_add": "model_id version_label=None",
    "models": "",
    "model_list": "",
    "from_id": "id",
    "from_ocid": "ocid",
    "from_name": "name compartment_id=None",
    "from_dict": "config",
    "from_yaml": "yaml_string=None uri=None",
    "from_json": "json_string=None uri=None",
    "to_dict": "",
    "to_yaml": "uri=None",
    "to_json": "uri=None",
    "list": "compartment_id=None category='USER'",
    "with_project_id": "project_id",
    "with_compartment_id": "compartment_id",
    "with_name": "name",
    "with_description": "description",
    "with_freeform_tags": "",
    "with_defined_tags": "",
}
PROPERTIES = {
    **dict.fromkeys(("project_id", "compartment_id", "name", "description", "freeform_tags", "defined_tags"), True),
    **dict.fromkeys(("id", "status", "kind", "type", "details_link"), False),
}
KEYWORDS = {"project_id", "compartment_id", "name", "description", "freeform_tags", "defined_tags"}
OTHER = ids.mint(ids.MODEL_VERSION_SET)


@pytest.fixture
def client(at_service: Any) -> Iterator[DataScienceClient]:
    with DataScienceClient(resolve(at_service.settings)) as client:
        yield client


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"set {uuid.uuid4()}"


@pytest.fixture
def made(at_service: Any, name: str) -> ModelVersionSet:
    """A version set in the catalog."""
    return ModelVersionSet(
        name=name, description="d", freeform_tags={"a": "b"}, defined_tags={"n": {"k": "v"}}
    ).create()


@pytest.fixture
def entry(client: DataScienceClient) -> Callable[..., str]:
    """Creates models without an artifact."""

    def create(**fields: Any) -> str:
        profile = client.profile
        details = CreateModelDetails(
            compartment_id=str(profile.compartment_id), project_id=str(profile.project_id), **fields
        )
        return client.create_model(details).id

    return create


# ── names and signatures ─────────────────────────────────────────────────────────────────────────────────────────────


def _positional(callee: Any) -> str:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = [each for each in inspect.signature(callee).parameters.values() if each.kind in kinds]
    return " ".join(
        each.name if each.default is each.empty else f"{each.name}={each.default!r}"
        for each in found
        if each.name != "self"
    )


@pytest.mark.parametrize("method", REFERENCE)
def test_every_method_takes_what_the_reference_says(method: str) -> None:
    assert _positional(getattr(ModelVersionSet, method)) == REFERENCE[method]


@pytest.mark.parametrize("prop", PROPERTIES)
def test_every_property_is_there_and_can_be_set_where_it_may(prop: str, nowhere: Path) -> None:
    drafted = ModelVersionSet()
    value = getattr(drafted, prop)
    if PROPERTIES[prop]:
        setattr(drafted, prop, value)
        assert getattr(drafted, prop) == value
    else:
        with pytest.raises(AttributeError):
            setattr(drafted, prop, value)


def test_the_constructor_and_the_experiment_take_the_keywords_of_the_reference() -> None:
    assert _positional(ModelVersionSet) == "spec=None"
    assert set(inspect.signature(ModelVersionSet).parameters) >= KEYWORDS
    assert _positional(experiment) == "name create_if_not_exists=True"
    assert set(inspect.signature(experiment).parameters) >= {"compartment_id", "project_id", "description"}


def test_the_constants_are_the_names_on_the_wire() -> None:
    wire = {getattr(ModelVersionSet, name) for name in dir(ModelVersionSet) if name.startswith("CONST_")}
    assert wire == set(ModelVersionSet.attribute_map)
    assert ModelVersionSet.attribute_map["freeformTags"] == "freeform_tags"
    assert ModelVersionSet.LIFECYCLE_STATE_DELETED == "DELETED"


# ── on paper ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_keywords_come_before_the_spec_and_the_spec_may_use_either_spelling(nowhere: Path) -> None:
    drafted = ModelVersionSet({"projectId": "p", "compartment_id": "c", "name": "spec"}, name="keyword")
    assert (drafted.project_id, drafted.compartment_id, drafted.name, drafted.id) == ("p", "c", "keyword", None)


def test_builders_and_setters_say_the_same(nowhere: Path) -> None:
    built = (
        ModelVersionSet()
        .with_compartment_id("c")
        .with_project_id("p")
        .with_name("n")
        .with_description("d")
        .with_freeform_tags(a="b", **{"two words": "c"})
        .with_defined_tags(space={"key": 1})
    )
    written = ModelVersionSet()
    written.compartment_id, written.project_id, written.name, written.description = "c", "p", "n", "d"
    written.freeform_tags, written.defined_tags = {"a": "b", "two words": "c"}, {"space": {"key": 1}}
    assert built.to_dict() == written.to_dict()
    assert built.defined_tags == {"space": {"key": 1}} != built.freeform_tags


def test_the_environment_and_the_time_say_what_nobody_else_does(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJECT_OCID", "project")
    monkeypatch.setenv("NB_SESSION_COMPARTMENT_OCID", "compartment")
    drafted = ModelVersionSet()
    assert (drafted.project_id, drafted.compartment_id, drafted.status) == ("project", "compartment", None)
    assert str(drafted.name).startswith("model-version-set-20")
    assert (drafted.details_link, drafted.kind, drafted.type) == (None, "modelVersionSet", "modelVersionSet")


def test_a_version_set_is_a_builder(nowhere: Path) -> None:
    drafted = ModelVersionSet(name="n").set_spec("projectId", "p").set_spec("description", "d")
    assert (drafted.get_spec("project_id"), drafted.get_spec("freeformTags", {})) == ("p", {})
    assert drafted.set_spec("description", None).description is None
    assert drafted.set_spec("name", None).build().build() is drafted
    assert str(drafted.name).startswith("model-version-set-")
    with pytest.raises(ValueError, match="Did you mean project_id"):
        drafted.get_spec("projectid")
    assert isinstance(drafted, Builder)
    assert (Builder.attribute_map, drafted.kind, drafted.type) == ({}, "modelVersionSet", "modelVersionSet")


TAGS = st.dictionaries(st.text(min_size=1), st.text())


@given(
    name=st.text(st.characters(exclude_categories=["C"]), min_size=1),
    tags=TAGS,
    spaces=st.dictionaries(st.text(min_size=1), TAGS),
)
def test_a_version_set_survives_every_form(name: str, tags: dict[str, str], spaces: dict[str, dict[str, str]]) -> None:
    drafted = ModelVersionSet(name=name, project_id="p", compartment_id="c")
    drafted.freeform_tags, drafted.defined_tags = tags, dict(spaces)
    said = drafted.to_dict()
    assert ModelVersionSet.from_dict(said).to_dict() == said
    assert ModelVersionSet.from_yaml(drafted.to_yaml()).to_dict() == said
    assert ModelVersionSet.from_json(drafted.to_json()).to_dict() == said


def test_a_version_set_is_kept_in_a_file(nowhere: Path, tmp_path: Path) -> None:
    drafted = ModelVersionSet(name="n")
    drafted.to_yaml(uri=str(tmp_path / "set.yaml"))
    assert ModelVersionSet.from_yaml(uri=f"file://{tmp_path}/set.yaml").name == "n"
    drafted.to_json(uri=str(tmp_path / "set.json"))
    assert ModelVersionSet.from_json(uri=str(tmp_path / "set.json")).name == "n"
    assert repr(drafted) == drafted.to_yaml()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no mapping"),
        ("- a", "no mapping"),
        ("spec: [", "no YAML"),
        ("kind: modelVersionSet", "is written as"),
        ("kind: deployment\nspec: {}", "This is a 'deployment'"),
        ("spec: {colour: red}", "A ModelVersionSet has no colour. It has "),
        ("spec: {nam: red}", "Did you mean name"),
        ("spec: {name: 3}", "name of a ModelVersionSet: it is text, not 3"),
        ("spec: {freeformTags: [a]}", "freeform_tags of a ModelVersionSet: it is a dictionary"),
    ],
)
def test_yaml_that_is_no_version_set_says_why(nowhere: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ModelVersionSet.from_yaml(text)


def test_a_text_and_its_place_are_one_too_many_and_other_places_are_refused(nowhere: Path, tmp_path: Path) -> None:
    for arguments in ({}, {"yaml_string": "a: b", "uri": "x.yaml"}):
        with pytest.raises(ValueError, match="either the text"):
            ModelVersionSet.from_yaml(**arguments)
    with pytest.raises(ImportError, match="install fsspec"):
        ModelVersionSet.from_yaml(uri="nowhere://b/set.yaml")
    for read in (ModelVersionSet.from_yaml, ModelVersionSet.from_json):
        with pytest.raises(FileNotFoundError, match=f"no file {tmp_path}/nothing to read a ModelVersionSet") as missing:
            read(uri=str(tmp_path / "nothing"))
        assert isinstance(missing.value, errors.UsageError)
        with pytest.raises(ValueError, match=f"{tmp_path} cannot be read as a ModelVersionSet: Is a directory"):
            read(uri=str(tmp_path))
        (tmp_path / "picture").write_bytes(b"\xff\xd8")
        with pytest.raises(ValueError, match="no text, and so no ModelVersionSet"):
            read(uri=str(tmp_path / "picture"))
    with pytest.raises(ValueError, match="no JSON"):
        ModelVersionSet.from_json("{")


def test_what_needs_the_catalog_says_so_before_it_asks(nowhere: Path) -> None:
    drafted = ModelVersionSet(name="n")
    for call in (drafted.update, drafted.delete, drafted.models, drafted.model_list):
        with pytest.raises(ModelVersionSetNotSaved, match="call create"):
            call()
    with pytest.raises(ModelVersionSetNotSaved):
        drafted.model_add("model")


# ── in the catalog ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_version_set_is_created_found_listed_and_deleted(made: ModelVersionSet, name: str, service: Any) -> None:
    assert ids.is_ocid(str(made.id), ids.MODEL_VERSION_SET)
    assert (made.status, made.project_id, made.compartment_id) == ("ACTIVE", service.project_id, service.compartment_id)
    assert made.details_link == f"{service.endpoint}/20190101/modelVersionSets/{made.id}"
    for found in (
        ModelVersionSet.from_id(str(made.id)),
        ModelVersionSet.from_ocid(str(made.id)),
        ModelVersionSet.from_name(name),
        ModelVersionSet.from_name(name, service.compartment_id),
        *ModelVersionSet.list(name=name),
        *ModelVersionSet.list(service.compartment_id, "USER", name=name, lifecycle_state="ACTIVE"),
    ):
        assert (found.to_dict(), found.status) == (made.to_dict(), "ACTIVE")
    assert ModelVersionSet.list(name=name, category="SERVICE") == []
    assert made.delete() is made
    assert made.status == "DELETED"
    assert ModelVersionSet.list(name=name) == []
    assert [each.id for each in ModelVersionSet.list(name=name, lifecycle_state="DELETED")] == [made.id]
    with pytest.raises(ModelVersionSetNotExists, match=name):
        ModelVersionSet.from_name(name)


def test_create_takes_what_is_to_be_instead(at_service: Any, name: str) -> None:
    made = ModelVersionSet(name="old").create(name=name, description="new", freeform_tags={"a": "b"})
    assert (made.name, made.description, made.freeform_tags) == (name, "new", {"a": "b"})
    with pytest.raises(errors.Conflict, match=name):
        ModelVersionSet(name=name).create()
    with pytest.raises(errors.RelatedResourceNotFound):
        ModelVersionSet(project_id=ids.mint(ids.PROJECT)).create()


def test_an_update_tells_what_was_changed_and_nothing_else(made: ModelVersionSet) -> None:
    elsewhere = ModelVersionSet.from_id(str(made.id)).with_freeform_tags(c="d").update(description="new")
    assert made.with_defined_tags(n={"k": "w"}).update() is made
    assert (made.description, made.freeform_tags, made.defined_tags) == ("new", {"c": "d"}, {"n": {"k": "w"}})
    assert elsewhere.update(freeform_tags={}).freeform_tags == {}
    assert ModelVersionSet(id=made.id).update(description="by id").name == made.name
    for field in ("name", "project_id", "compartment_id"):
        with pytest.raises(ValueError, match=f"The {field} of a model version set stays"):
            ModelVersionSet(made.to_dict()["spec"], **{field: "other"}).update()


def test_a_tag_changed_in_place_is_a_change(made: ModelVersionSet) -> None:
    assert made.freeform_tags is not None
    made.freeform_tags["c"] = "d"
    assert made.update().freeform_tags == {"a": "b", "c": "d"}


def test_models_are_added_and_counted(made: ModelVersionSet, entry: Callable[..., str]) -> None:
    first, second = entry(model_version_set_id=made.id, version_label="one"), entry(display_name="second")
    made.model_add(second, version_label="two")
    found = {model.id: (model.version_id, model.version_label) for model in made.models()}
    assert found == {first: (1, "one"), second: (2, "two")}
    assert [model.id for model in made.model_list(version_label="one")] == [first]
    assert [model.id for model in made.models(display_name="second")] == [second]
    assert len(ModelVersionSet(id=made.id).models(sort_by="timeCreated", sort_order="ASC")) == 2
    with pytest.raises(errors.Conflict, match="'one'"):
        made.model_add(second, version_label="one")
    with pytest.raises(errors.NotFound):
        made.model_add(ids.mint(ids.MODEL))
    with pytest.raises(ValueError, match="model_id"):
        made.model_add("")


def test_a_version_set_with_models_goes_with_them_or_not_at_all(
    made: ModelVersionSet, entry: Callable[..., str], client: DataScienceClient
) -> None:
    model_id = entry(model_version_set_id=made.id)
    with pytest.raises(errors.Conflict, match=rf"{made.name}.*{model_id}.*delete_model=True"):
        made.delete()
    assert [model.id for model in made.models()] == [model_id]
    made.delete(delete_model=True)
    assert client.get_model(model_id).lifecycle_state == "DELETED"
    assert made.models() == []
    assert [model.id for model in made.models(lifecycle_state="DELETED")] == [model_id]


def test_a_set_of_the_same_name_does_not_have_the_models_of_the_deleted_one(
    made: ModelVersionSet, entry: Callable[..., str], name: str
) -> None:
    entry(model_version_set_id=made.id)
    made.delete(True)
    again = ModelVersionSet(name=name).create()
    assert again.models(lifecycle_state="DELETED") == []


@pytest.mark.parametrize("wrong", ["", "name", "ocid1.datasciencemodel.oc98.local-1.aaaa"])
def test_an_id_of_something_else_is_refused(at_service: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match="not the OCID of a model version set"):
        ModelVersionSet.from_id(wrong)


def test_a_version_set_that_is_nowhere_is_not_found(at_service: Any) -> None:
    with pytest.raises(errors.NotFound):
        ModelVersionSet.from_id(OTHER)


def test_a_version_set_moves_to_another_compartment(made: ModelVersionSet, client: DataScienceClient) -> None:
    there = ChangeModelVersionSetCompartmentDetails(compartment_id=ids.mint(ids.COMPARTMENT))
    assert client.change_model_version_set_compartment(str(made.id), there)
    assert ModelVersionSet.from_id(str(made.id)).compartment_id == there.compartment_id


# ── save ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def save(make_model: Any, at_service: Any, client: DataScienceClient) -> Callable[..., Any]:
    """Saves a model of its own; returns its entry."""

    def run(**options: Any) -> Any:
        model = make_model(uuid.uuid4().hex).prepare()
        return client.get_model(model.save(reload=False, ignore_introspection=True, **options))

    return run


def test_a_save_goes_into_the_version_set_that_it_names_in_any_way(
    save: Callable[..., Any], made: ModelVersionSet, name: str
) -> None:
    for number, chosen in enumerate((made, made.id, name), start=1):
        model = save(model_version_set=chosen, version_label=f"v{number}")
        assert (model.model_version_set_id, model.version_id, model.version_label) == (made.id, number, f"v{number}")
    with pytest.raises(errors.Conflict, match="'v1'"):
        save(model_version_set=made, version_label="v1")
    assert len(made.models()) == 3


def test_a_version_set_that_cannot_be_is_refused_and_nothing_saved(
    save: Callable[..., Any], client: DataScienceClient, name: str
) -> None:
    before = sum(1 for _ in client.list_models(str(client.profile.compartment_id)))
    for wrong, error, said in (
        (name, ModelVersionSetNotExists, name),
        (ModelVersionSet(name=name), ModelVersionSetNotSaved, "create"),
        ("", ValueError, "empty"),
        (3, ValueError, "not 3"),
        (ids.mint(ids.MODEL), ValueError, "not the OCID of a model version set"),
        (OTHER, errors.RelatedResourceNotFound, OTHER),
    ):
        with pytest.raises(error, match=said):
            save(model_version_set=wrong)
    assert sum(1 for _ in client.list_models(str(client.profile.compartment_id))) == before


def test_the_environment_names_the_version_set_by_id_or_by_name(
    save: Callable[..., Any], made: ModelVersionSet, name: str, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_VERSION_SET_NAME", name)
    assert save().model_version_set_id == made.id
    monkeypatch.setenv("MODEL_VERSION_SET_COMPARTMENT_ID", ids.mint(ids.COMPARTMENT))
    with pytest.raises(ModelVersionSetNotExists):
        save()
    monkeypatch.setenv("MODEL_VERSION_SET_ID", str(made.id))
    assert save().model_version_set_id == made.id
    monkeypatch.setenv("MODEL_VERSION_SET_ID", "nonsense")
    with pytest.raises(ValueError, match="'nonsense' is not the OCID"):
        save()


# ── experiment ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_experiment_creates_its_version_set_once_and_takes_the_saves_inside(
    save: Callable[..., Any], name: str, made: ModelVersionSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_VERSION_SET_ID", str(made.id))
    tries = f"tries {name}"
    with experiment(tries, description="first") as first:
        assert save(version_label="one").model_version_set_id == first.id
        with experiment(f"inner {name}") as inner:
            assert save().model_version_set_id == inner.id
        assert save().model_version_set_id == first.id
        assert save(model_version_set=made).model_version_set_id == made.id
    assert save().model_version_set_id == made.id
    with experiment(tries, False, description="second") as second:
        assert (second.id, second.description) == (first.id, "first")


def test_an_experiment_that_may_not_create_says_that_there_is_none(at_service: Any, name: str) -> None:
    with pytest.raises(ModelVersionSetNotExists, match=name), experiment(name, create_if_not_exists=False):
        pass
    assert ModelVersionSet.list(name=name) == []


def test_an_experiment_that_fails_takes_no_saves_afterwards(save: Callable[..., Any], name: str) -> None:
    with pytest.raises(RuntimeError, match="training"), experiment(name):
        raise RuntimeError("training")
    assert save().model_version_set_id is None


def test_experiments_in_two_threads_do_not_meet(save: Callable[..., Any], name: str) -> None:
    inside = threading.Barrier(2, timeout=60)

    def one(number: int) -> tuple[str | None, str]:
        with experiment(f"{name} {number}") as own:
            inside.wait()  # both are in theirs now
            saved = save().model_version_set_id
            inside.wait()
            return own.id, saved

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(one, range(2)))
    assert all(own == saved for own, saved in results)
    assert len(set(results)) == 2


def test_threads_that_open_one_experiment_at_once_share_its_version_set(at_service: Any, name: str) -> None:
    at_once = threading.Barrier(4, timeout=60)

    def one(_: int) -> str | None:
        at_once.wait()
        with experiment(name) as shared:
            return shared.id

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(one, range(4)))) == 1


def test_a_thread_is_inside_where_it_is_given_the_context(save: Callable[..., Any], name: str) -> None:
    with experiment(name) as own, ThreadPoolExecutor(1) as threads:
        assert threads.submit(contextvars.copy_context().run, save).result().model_version_set_id == own.id
