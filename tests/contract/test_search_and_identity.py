"""Resource search and identity, driven by the official SDK."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

oci = pytest.importorskip("oci")
models = oci.data_science.models


def fault(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return the ServiceError that a call ends in."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


@pytest.fixture(scope="module")
def searcher(official) -> Any:
    return oci.resource_search.ResourceSearchClient(
        official.config, service_endpoint=official.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )


@pytest.fixture(scope="module")
def identity(official) -> Any:
    return oci.identity.IdentityClient(
        official.config, service_endpoint=official.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )


def find(searcher: Any, query: str, **options: Any) -> list[Any]:
    details = oci.resource_search.models.StructuredSearchDetails(query=query)
    return searcher.search_resources(details, **options).data.items


def found(searcher: Any, query: str) -> list[str]:
    return [each.identifier for each in find(searcher, query)]


def test_the_deployments_of_a_model_are_found_by_its_id(official, searcher, zips):
    model_id = official.create_model(artifact=zips())
    deployment = official.deploy(model_id, display_name="searched")
    query = f"query datasciencemodeldeployment resources where ModelId='{model_id}'"
    (summary,) = find(searcher, query, limit=500, tenant_id=official.config["tenancy"])
    assert (summary.identifier, summary.display_name) == (deployment.id, "searched")
    assert (summary.resource_type, summary.lifecycle_state) == ("DataScienceModelDeployment", "ACTIVE")
    assert summary.compartment_id == official.compartment_id
    assert found(searcher, f"{query}&&lifecycleState='ACTIVE'") == [deployment.id]
    assert found(searcher, f"{query} && lifecycleState='FAILED'") == []
    official.data_science.delete_model_deployment(deployment.id)
    official.wait(deployment.id, "DELETED")
    assert found(searcher, query) == []
    assert found(searcher, f"{query}&&lifecycleState='deleted'") == [deployment.id]


def test_names_are_compared_with_and_without_the_case_of_letters(official, searcher):
    name = f"Search {uuid.uuid4()}"
    id = official.create_model(display_name=name, freeform_tags={"a": "b"}, defined_tags={"n": {"k": "v"}})
    query = "query DataScienceModel resources where displayName"
    assert found(searcher, f"{query} = '{name.upper()}'") == [id]
    assert found(searcher, f"{query} == '{name.upper()}'") == []
    (summary,) = find(searcher, f"{query} == '{name}'")
    assert (summary.freeform_tags, summary.defined_tags) == ({"a": "b"}, {"n": {"k": "v"}})
    assert id not in found(searcher, f"{query} != '{name}'")
    assert found(searcher, f"query all resources where identifier = '{id}'") == [id]


def test_a_name_with_letters_beyond_ascii_is_found_as_it_is_written(official, searcher):
    name = f"Übersicht ÄÖ {uuid.uuid4()}"
    id = official.create_model(display_name=name)
    query = "query datasciencemodel resources where displayName"
    assert found(searcher, f"{query} = '{name}'") == [id]
    assert id not in found(searcher, f"{query} != '{name}'")


def test_resources_of_several_types_are_found_page_by_page(official, searcher):
    compartment_id = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    ids = [
        official.data_science.create_model(
            models.CreateModelDetails(
                compartment_id=compartment_id, project_id=official.project_id, display_name=f"m{number}"
            )
        ).data.id
        for number in range(3)
    ]
    details = models.CreateProjectDetails(compartment_id=compartment_id, display_name="p")
    ids.append(official.data_science.create_project(details).data.id)
    query = "query datasciencemodel, datascienceproject resources where compartmentId = "
    details = oci.resource_search.models.StructuredSearchDetails(query=f"{query}'{compartment_id}'")
    pages, page = [], None
    while not pages or page:
        options = {"page": page} if page else {}
        answer = searcher.search_resources(details, limit=1, **options)
        pages.append([each.identifier for each in answer.data.items])
        page = answer.headers.get("opc-next-page")
    assert pages == [[id] for id in reversed(ids)]
    assert found(searcher, f"{query}'{compartment_id}' sorted by displayName") == ids


def test_a_page_of_another_search_is_refused(official, searcher):
    for _ in range(2):
        official.create_model()
    details = oci.resource_search.models.StructuredSearchDetails(query="query datasciencemodel resources")
    page = searcher.search_resources(details, limit=1).headers["opc-next-page"]
    details.query = "query all resources"
    error = fault(searcher.search_resources, details, page=page)
    assert (error.status, error.code) == (400, "InvalidParameter")


def test_a_text_is_found_in_names_and_ocids(official, searcher):
    name = f"free_text%{uuid.uuid4()}"
    id = official.create_model(display_name=name)
    for text in (name[:12] + name[12:].upper(), id[-40:]):
        details = oci.resource_search.models.FreeTextSearchDetails(text=text)
        assert [each.identifier for each in searcher.search_resources(details).data.items] == [id]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("query nothing resources", "no resource type 'nothing'"),
        ("query datasciencemodel resources where colour = 'red'", "no field 'colour'"),
        ("query datasciencemodel resources sorted by colour", "sorted by 'colour'"),
        ("everything", "character 1"),
    ],
)
def test_a_query_that_makes_no_sense_is_explained(searcher, query: str, says: str):
    error = fault(find, searcher, query)
    assert (error.status, error.code) == (400, "InvalidParameter")
    assert says in error.message


def test_resource_types_are_listed_with_their_fields(searcher):
    names = [each.name for each in searcher.list_resource_types().data]
    assert "DataScienceModelDeployment" in names
    kind = searcher.get_resource_type("datasciencemodeldeployment").data
    assert {"modelId", "displayName", "lifecycleState"} <= {field.field_name for field in kind.fields}
    assert fault(searcher.get_resource_type, "none").status == 404
    first = searcher.list_resource_types(limit=1)
    second = searcher.list_resource_types(limit=1, page=first.headers["opc-next-page"])
    assert [first.data[0].name, second.data[0].name] == sorted(names)[:2]


def test_the_user_tenancy_and_compartment_are_those_of_the_installation(official, identity):
    user = identity.get_user(official.config["user"]).data
    assert (user.id, user.compartment_id, user.lifecycle_state) == (
        official.config["user"], official.config["tenancy"], "ACTIVE",
    )  # fmt: skip
    assert user.capabilities.can_use_api_keys
    tenancy = identity.get_tenancy(official.config["tenancy"]).data
    listed = identity.list_compartments(tenancy.id, compartment_id_in_subtree=True, access_level="ACCESSIBLE").data
    assert [each.id for each in listed] == [official.compartment_id]
    assert identity.get_compartment(official.compartment_id).data == listed[0]
    assert identity.get_compartment(tenancy.id).data.id == tenancy.id
    assert identity.list_compartments(tenancy.id, name="another").data == []
    assert identity.list_compartments(official.compartment_id).data == []


def test_the_region_is_the_one_of_the_installation(official, identity):
    region = official.config["region"]
    assert [each.name for each in identity.list_regions().data] == [region]
    (subscription,) = identity.list_region_subscriptions(official.config["tenancy"]).data
    assert (subscription.region_name, subscription.is_home_region, subscription.status) == (region, True, "READY")
    assert subscription.region_key == identity.get_tenancy(official.config["tenancy"]).data.home_region_key
    (domain,) = identity.list_availability_domains(official.compartment_id).data
    assert domain.compartment_id == official.compartment_id


def test_who_and_what_is_not_here_is_a_404(identity):
    for call in (identity.get_user, identity.get_tenancy, identity.get_compartment, identity.list_compartments):
        error = fault(call, "ocid1.user.oc98..none")
        assert (error.status, error.code) == (404, "NotAuthorizedOrNotFound")
