"""Logging, log search and log ingestion, driven by the official SDK."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

oci = pytest.importorskip("oci")
models = oci.logging.models

PRINTING = """
import sys

def load_model():
    print("loading now", flush=True)
    return 2

_model = load_model()

def predict(data, model=_model):
    print("predicting", data)
    print("a warning", file=sys.stderr)
    return {"prediction": [model * value + 0 for value in data]}
"""


def fault(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return the ServiceError that a call ends in."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


def wait_for(condition: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Return what a condition gives as soon as it gives something."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.05)
    return found


class Clients:
    """The official clients of logging."""

    def __init__(self, official: Any) -> None:
        options = {"service_endpoint": official.endpoint, "retry_strategy": oci.retry.NoneRetryStrategy()}
        self.management = oci.logging.LoggingManagementClient(official.config, **options)
        self.composite = oci.logging.LoggingManagementClientCompositeOperations(self.management)
        self.search = oci.loggingsearch.LogSearchClient(official.config, **options)
        self.ingestion = oci.loggingingestion.LoggingClient(official.config, **options)
        self.compartment_id = official.compartment_id

    def made(self, response: Any) -> str:
        """Return the OCID that a response's work request says."""
        assert response.data is None
        request = self.management.get_work_request(response.headers["opc-work-request-id"]).data
        assert (request.status, request.percent_complete) == ("SUCCEEDED", 100.0)
        return request.resources[0].identifier

    def group(self, **fields: Any) -> str:
        details = {"compartment_id": self.compartment_id, "display_name": f"g-{uuid.uuid4()}", **fields}
        return self.made(self.management.create_log_group(models.CreateLogGroupDetails(**details)))

    def log(self, group_id: str, **fields: Any) -> str:
        details = {"display_name": f"l-{uuid.uuid4()}", "log_type": "CUSTOM", **fields}
        return self.made(self.management.create_log(group_id, models.CreateLogDetails(**details)))

    def put(self, log_id: str, *texts: str, source: str = "here", type: str = "test", **fields: Any) -> None:
        ingestion = oci.loggingingestion.models
        entries = [ingestion.LogEntry(id=str(uuid.uuid4()), data=text, **fields) for text in texts]
        batch = ingestion.LogEntryBatch(
            entries=entries, source=source, type=type, subject="about", defaultlogentrytime=now()
        )
        self.ingestion.put_logs(log_id, ingestion.PutLogsDetails(specversion="1.0", log_entry_batches=[batch]))

    def find(self, query: str, *, start: Any = None, end: Any = None, fields: bool = False, **options: Any) -> Any:
        details = oci.loggingsearch.models.SearchLogsDetails(
            time_start=start or now() - timedelta(hours=1),
            time_end=end or now() + timedelta(minutes=1),
            search_query=query,
            is_return_field_info=fields,
        )
        return self.search.search_logs(details, **options)

    def messages(self, query: str, **options: Any) -> list[str]:
        return [each.data["logContent"]["data"]["message"] for each in self.find(query, **options).data.results]


def now() -> datetime:
    return datetime.now(timezone.utc)


@pytest.fixture(scope="module")
def clients(official: Any) -> Clients:
    return Clients(official)


def test_a_log_group_is_made_changed_moved_and_deleted(clients):
    compartment, name = f"ocid1.compartment.oc98..{uuid.uuid4().hex}", f"g-{uuid.uuid4()}"
    id = clients.group(display_name=name, description="d", freeform_tags={"a": "b"}, defined_tags={"n": {"k": "v"}})
    group = clients.management.get_log_group(id).data
    assert (group.display_name, group.description, group.lifecycle_state) == (name, "d", "ACTIVE")
    assert (group.freeform_tags, group.defined_tags) == ({"a": "b"}, {"n": {"k": "v"}})
    answer = clients.management.update_log_group(id, models.UpdateLogGroupDetails(description="e"))
    assert clients.management.get_work_request(answer.headers["opc-work-request-id"]).data.status == "SUCCEEDED"
    log_id = clients.log(id)
    details = models.ChangeLogGroupCompartmentDetails(compartment_id=compartment)
    clients.management.change_log_group_compartment(id, details)
    (listed,) = clients.management.list_log_groups(compartment).data
    assert (listed.id, listed.description, listed.compartment_id) == (id, "e", compartment)
    assert clients.management.get_log(id, log_id).data.compartment_id == compartment
    error = fault(clients.management.delete_log_group, id)
    assert (error.status, error.code) == (409, "Conflict")
    assert log_id in error.message
    clients.management.delete_log(id, log_id)
    clients.management.delete_log_group(id)
    assert fault(clients.management.get_log_group, id).status == 404


def test_log_groups_are_listed_by_name_and_in_pages(clients):
    compartment = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    ids = [clients.group(compartment_id=compartment, display_name=name) for name in "abc"]
    first = clients.management.list_log_groups(compartment, limit=2, sort_by="displayName", sort_order="ASC")
    second = clients.management.list_log_groups(
        compartment, limit=2, sort_by="displayName", sort_order="ASC", page=first.headers["opc-next-page"]
    )
    assert [each.id for each in (*first.data, *second.data)] == ids
    assert [each.id for each in clients.management.list_log_groups(compartment, display_name="b").data] == [ids[1]]
    assert [each.id for each in clients.management.list_log_groups(compartment).data] == ids[::-1]


def test_the_log_groups_of_all_compartments_are_listed_below_the_tenancy(official, clients):
    name = f"everywhere {uuid.uuid4()}"
    tenancy = official.config["tenancy"]
    ids = {clients.group(display_name=name, compartment_id=each) for each in (clients.compartment_id, tenancy)}

    def listed(compartment: str, **options: Any) -> set[str]:
        found = clients.management.list_log_groups(compartment, display_name=name, **options).data
        return {each.id for each in found}

    assert listed(tenancy, is_compartment_id_in_subtree=True) == ids
    for options in ({}, {"is_compartment_id_in_subtree": False}):
        assert len(listed(tenancy, **options)) == 1
    assert len(listed(clients.compartment_id, is_compartment_id_in_subtree=True)) == 1


def test_a_name_is_taken_once(clients):
    name = f"g-{uuid.uuid4()}"
    id = clients.group(display_name=name)
    details = models.CreateLogGroupDetails(compartment_id=clients.compartment_id, display_name=name)
    error = fault(clients.management.create_log_group, details)
    assert (error.status, error.code) == (409, "Conflict")
    assert id in error.message
    clients.log(id, display_name="one")
    two = clients.log(id, display_name="two")
    for call, arguments in (
        (clients.management.create_log, (id, models.CreateLogDetails(display_name="one", log_type="CUSTOM"))),
        (clients.management.update_log, (id, two, models.UpdateLogDetails(display_name="one"))),
    ):
        assert fault(call, *arguments).status == 409
    other = clients.group()
    clients.log(other, display_name="one")
    moved = clients.log(other, display_name="three")
    clients.management.change_log_log_group(other, moved, models.ChangeLogLogGroupDetails(target_log_group_id=id))
    assert clients.management.get_log(id, moved).data.log_group_id == id
    assert fault(clients.management.get_log, other, moved).status == 404


def test_a_create_that_is_sent_again_makes_one(clients):
    token = uuid.uuid4().hex
    details = models.CreateLogGroupDetails(compartment_id=clients.compartment_id, display_name=f"g-{token}")
    answers = [clients.management.create_log_group(details, opc_retry_token=token) for _ in range(2)]
    assert clients.made(answers[0]) == clients.made(answers[1])


def test_a_log_has_what_it_was_given(clients):
    group = clients.group()
    source = models.OciService(service="datascience", resource="r", category="access", parameters={"a": "b"})
    id = clients.log(
        group,
        display_name="all",
        log_type="SERVICE",
        is_enabled=False,
        retention_duration=60,
        freeform_tags={"a": "b"},
        configuration=models.Configuration(source=source, archiving=models.Archiving(is_enabled=False)),
    )
    answer = clients.management.get_log(group, id)
    log = answer.data
    assert (log.log_type, log.lifecycle_state, log.is_enabled) == ("SERVICE", "INACTIVE", False)
    assert (log.retention_duration, log.tenancy_id) == (60, clients.management.base_client.signer.api_key.split("/")[0])
    assert (log.configuration.source.service, log.configuration.source.parameters) == ("datascience", {"a": "b"})
    for filters in ({"source_service": "datascience"}, {"log_type": "SERVICE"}, {"lifecycle_state": "INACTIVE"}):
        assert [each.id for each in clients.management.list_logs(group, **filters).data] == [id]
    assert clients.management.list_logs(group, source_resource="another").data == []
    update = models.UpdateLogDetails(is_enabled=True, retention_duration=90)
    clients.management.update_log(group, id, update, if_match=answer.headers["etag"])
    changed = clients.management.get_log(group, id).data
    assert (changed.lifecycle_state, changed.retention_duration, changed.display_name) == ("ACTIVE", 90, "all")
    error = fault(clients.management.update_log, group, id, update, if_match=answer.headers["etag"])
    assert (error.status, error.code) == (412, "NoEtagMatch")
    error = fault(clients.management.delete_log, group, id, if_match=answer.headers["etag"])
    assert (error.status, error.code) == (412, "NoEtagMatch")


def test_what_is_done_waits_for_nobody(clients):
    details = models.CreateLogGroupDetails(compartment_id=clients.compartment_id, display_name=f"g-{uuid.uuid4()}")
    answer = clients.composite.create_log_group_and_wait_for_state(details, ["SUCCEEDED"])
    request = answer.data
    assert (request.operation_type, request.resources[0].action_type) == ("CREATE_LOG_GROUP", "CREATED")
    listed = clients.management.list_work_requests(clients.compartment_id, status="SUCCEEDED", id=request.id).data
    assert [each.id for each in listed] == [request.id]
    (entry,) = clients.management.list_work_request_logs(request.id).data
    assert entry.message == "The log group is created."
    assert clients.management.list_work_request_errors(request.id).data == []
    assert fault(clients.management.delete_work_request, request.id).status == 409
    assert fault(clients.management.get_work_request, "ocid1.logworkrequest.oc98..none").status == 404


def test_the_services_that_write_logs_are_listed(clients):
    (service,) = clients.management.list_services().data
    (kind,) = service.resource_types
    assert [each.name for each in kind.categories] == ["access", "predict"]


def test_what_is_put_is_found(clients):
    group = clients.group()
    id = clients.log(group)
    clients.put(id, "first", '{"message": "second", "level": "high", "size": 12}', source="a source")
    query = f'search "{clients.compartment_id}/{group}/{id}"'
    answer = clients.find(query, fields=True)
    first, second = sorted(answer.data.results, key=lambda each: each.data["logContent"]["data"]["message"])
    content = first.data["logContent"]
    assert content["data"] == {"message": "first"}
    assert (content["source"], content["type"], content["subject"]) == ("a source", "test", "about")
    assert (content["oracle"]["logid"], content["oracle"]["loggroupid"]) == (id, group)
    assert abs(first.data["datetime"] - now().timestamp() * 1000) < 60_000
    assert second.data["logContent"]["data"]["size"] == 12
    assert (answer.data.summary.result_count, answer.data.summary.field_count) == (2, len(answer.data.fields))
    kinds = {each.field_name: each.field_type for each in answer.data.fields}
    assert (kinds["logContent.data.size"], kinds["logContent.data.message"]) == ("NUMBER", "STRING")
    for where in ("data.level = 'HIGH'", "source = '*SOURCE' and data.size > 11", "'second'", f"oracle.logid = '{id}'"):
        assert "second" in clients.messages(f"{query} | where {where}")
    assert clients.messages(f"{query} | where source = 'another*'") == []
    for scope in (clients.compartment_id, f"{clients.compartment_id}/{group}"):
        assert len(clients.messages(f"search \"{scope}\" | where oracle.logid = '{id}'")) == 2


def test_what_is_found_may_be_selected_and_counted(clients):
    group = clients.group()
    id = clients.log(group)
    clients.put(id, '{"level": "high"}', '{"level": "low"}', '{"level": "high"}')
    query = f'search "{clients.compartment_id}/{group}/{id}"'
    answer = clients.find(f"{query} | summarize count() as n by data.level", fields=True)
    assert [each.data for each in answer.data.results] == [
        {"data.level": "high", "n": 2},
        {"data.level": "low", "n": 1},
    ]
    assert {each.field_name: each.field_type for each in answer.data.fields} == {"data.level": "STRING", "n": "NUMBER"}
    answer = clients.find(f"{query} | where data.level = 'low' | select data.level as level, source")
    assert [each.data for each in answer.data.results] == [{"level": "low", "source": "here"}]


def test_pages_and_limits_of_what_is_found(clients):
    group = clients.group()
    id = clients.log(group)
    start = now()
    for number in range(5):
        clients.put(id, str(number), time=start + timedelta(milliseconds=number))
    window = {"start": start, "end": start + timedelta(minutes=1)}
    for order, expected in (("asc", "01234"), ("desc", "43210")):
        query = f'search "{clients.compartment_id}/{group}/{id}" | sort by datetime {order}'
        found, page = [], None
        while not found or page:
            answer = clients.find(query, limit=2, **window, **({"page": page} if page else {}))
            found += [each.data["logContent"]["data"]["message"] for each in answer.data.results]
            page = answer.headers.get("opc-next-page")
        assert "".join(found) == expected
        assert "".join(clients.messages(f"{query} | limit 3")) == expected[:3]
    other = f'search "{clients.compartment_id}/{group}/{id}"'
    page = clients.find(other, limit=2, **window).headers["opc-next-page"]
    assert fault(clients.find, f"{other} | limit 4", limit=2, page=page, **window).status == 400


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("everything", "character 1"),
        ('search "c" | where a ~ 1', "nothing that a query may have"),
        ("search \"c\" | where datetime > 'soon'", "no time"),
    ],
)
def test_a_query_that_makes_no_sense_is_explained(clients, query: str, says: str):
    error = fault(clients.find, query)
    assert (error.status, error.code) == (400, "InvalidParameter")
    assert says in error.message


def test_bad_input_is_refused(clients):
    group = clients.group()
    id = clients.log(group)
    query = f'search "{clients.compartment_id}/{group}/{id}"'
    assert "14 days" in fault(clients.find, query, start=now() - timedelta(days=15)).message
    assert "not before" in fault(clients.find, query, start=now(), end=now() - timedelta(days=1)).message
    assert fault(clients.find, query, limit=1001).status == 400
    assert fault(clients.find, query, page="x").status == 400
    missing = f"ocid1.log.oc98..{uuid.uuid4().hex}"
    assert fault(clients.find, f'search "{clients.compartment_id}/{group}/{missing}"').status == 404
    assert fault(clients.put, missing, "text").status == 404
    assert "years 1970" in fault(clients.put, id, "text", time=datetime(1901, 1, 1, tzinfo=timezone.utc)).message
    assert "bytes" in fault(clients.put, id, "x" * 1_100_000).message
    assert fault(clients.put, id, *["x"] * 10_001).status == 400
    assert fault(clients.put, id).status == 400
    bare = oci.loggingingestion.models.PutLogsDetails(specversion="2.0", log_entry_batches=[])
    assert fault(clients.ingestion.put_logs, id, bare).status == 400
    clients.management.update_log(group, id, models.UpdateLogDetails(is_enabled=False))
    error = fault(clients.put, id, "text")
    assert (error.status, error.code) == (409, "Conflict")
    no_configuration = models.CreateLogDetails(display_name="s", log_type="SERVICE")
    assert fault(clients.management.create_log, group, no_configuration).code == "MissingParameter"
    assert fault(clients.management.list_logs, missing).status == 404


def test_a_time_without_seconds_is_one(clients):
    group = clients.group()
    id = clients.log(group)
    clients.put(id, "text")
    day = f"{now() - timedelta(days=1):%Y-%m-%dT00:00}Z"
    assert clients.messages(f'search "{clients.compartment_id}/{group}/{id}"', start=day) == ["text"]


def test_a_deployment_writes_its_access_and_predict_logs(official, clients, zips):
    group = clients.group()
    access, predict = clients.log(group), clients.log(group)
    ds = oci.data_science.models
    category = ds.CategoryLogDetails(
        access=ds.LogDetails(log_id=access, log_group_id=group),
        predict=ds.LogDetails(log_id=predict, log_group_id=group),
    )
    model_id = official.create_model(artifact=zips(score_py=PRINTING))
    deployment = official.deploy(model_id, category_log_details=category)
    answer = official.inference.predict(deployment.id, [1, 2])
    assert fault(official.inference.predict, deployment.id, {"a": 1}).status == 500

    scope = f'search "{clients.compartment_id}/{group}/'
    where = f"where source = '*{deployment.id}' | sort by datetime asc"
    printed = wait_for(lambda: [m for m in [clients.messages(f'{scope}{predict}" | {where}')] if len(m) >= 5])[0]
    assert printed[0] == "loading now"
    assert {"predicting [1, 2]", "a warning"} <= set(printed)

    found = wait_for(lambda: [r for r in [clients.find(f'{scope}{access}" | {where}').data.results] if len(r) == 2])[0]
    first, second = (each.data["logContent"] for each in found)
    assert first["type"].split(".")[-1] == "access"
    data = first["data"]
    assert (data["method"], data["path"], data["status"]) == ("POST", f"/{deployment.id}/predict", 200)
    assert data["opcRequestId"] == answer.headers["opc-request-id"]
    assert (data["requestBytes"], data["modelId"], data["userId"]) == (6, model_id, official.config["user"])
    assert (data["clientAddress"], first["subject"]) == ("127.0.0.1", data["replicaId"])
    assert data["latencyMs"] > 0
    assert second["data"]["status"] == 500

    official.data_science.delete_model_deployment(deployment.id)
    official.wait(deployment.id, "DELETED")


def test_a_deployment_names_logs_that_are_there(official, clients, zips):
    group = clients.group()
    id, ds = clients.log(group), oci.data_science.models
    details = official.deployment_details(official.create_model(artifact=zips()))
    for log_id, group_id in ((f"{id}x", group), (id, clients.group())):
        wrong = ds.CategoryLogDetails(predict=ds.LogDetails(log_id=log_id, log_group_id=group_id))
        details.category_log_details = wrong
        error = fault(official.data_science.create_model_deployment, details)
        assert (error.status, error.code) == (400, "RelatedResourceNotAuthorizedOrNotFound")
        assert "categoryLogDetails.predict" in error.message
