"""What generated requests need: a service that is the same each time, things in it, and what JSON Schema cannot say."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from threading import Event
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    ensure_resource_availability,
    negative_data_rejection,
    positive_data_acceptance,
    use_after_free,
)

from modelyard import ids
from modelyard.deployments.driver import Phase, Replica, ReplicaRequest, Usage
from modelyard.deployments.reconciler import Reconciler
from modelyard.deployments.routing import RouteTable
from modelyard.server.app import build_app, operations

SEGMENT = b"PK"
"""What the one segment of the upload of an artifact is."""

BEGINNING = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)

#: What may be answered to what fits the schema: a schema does not know what is there (404), in which state (409), with
#: which etag (412), and how much is in it by now (413); a 501 is in the document.
MAY_BE_ANSWERED = ["2xx", "404", "409", "412", "413", "501"]

#: Words of a 400 to what fits the schema, and what it is that a schema does not know.
NOT_THE_SCHEMAS = {
    '"RelatedResourceNotAuthorizedOrNotFound"': "a body names what is not there",
    '"InvalidUploadPart"': "a part of an upload that never came",
    "is no cursor of this stream": "a cursor that no answer said",
    "The cursor is of a partition": "a partition that this stream has not",
    "stays so: an update of type": "of which type the deployment is",
}


class Ticking:
    """Be a clock that is a millisecond further at each look."""

    def __init__(self, now: datetime = BEGINNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class ReadyAtOnce:
    """Be a driver whose replicas are ready as soon as they are wanted, and gone as soon as they are not."""

    def __init__(self, replicas: Mapping[str, Replica] | None = None) -> None:
        self.replicas = dict(replicas or {})

    def start(self, request: ReplicaRequest) -> None:
        self.replicas[request.id] = Replica(
            id=request.id,
            deployment_id=request.deployment_id,
            revision_id=request.revision.id,
            phase=Phase.READY,
            model_id=request.revision.model_id,
        )

    def stop(self, replica_id: str) -> None:
        self.replicas.pop(replica_id, None)

    def list(self) -> list[Replica]:
        return list(self.replicas.values())

    def usage(self) -> Mapping[str, Usage]:
        return {}


@dataclass
class World:
    """Be a service to which nothing comes from outside: its times and OCIDs are the same each time."""

    new_api: Callable[..., Any]
    api: Any
    app: Any
    random: random.Random
    clock: Ticking
    driver: ReadyAtOnce
    reconciler: Reconciler
    known: dict[str, Any] = field(default_factory=dict)
    """What is there, by the names of parameters; a work request by the base path of its service."""

    def settle(self) -> None:
        """Do what is done in the background."""
        with ids.chosen_by(self.random.choice):
            for _ in range(6):
                if self.reconciler.step():
                    break
            while self.api.services.transfers.step():
                pass

    def named_in_bodies(self) -> dict[str, Any]:
        """Return what is there of what fields name; paths are left to what answers say."""
        return {
            name: self.known[name]
            for name in (*_NAMED, *_EVERYWHERE, "stream_id", "other_stream_id", "partition", "offset")
        }

    def again(self) -> World:
        """Return a service that is what this one is now; this one is closed."""
        self.api.services.database.close()
        like = _world(self.new_api, self)
        like.known = self.known
        return like

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request that is to succeed."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        answer: httpx.Response = self.api.send(method, f"http://localhost{path}", content, {}, app=self.app)
        assert answer.status_code < 300, answer.text
        return answer

    def known_to(self, case: Any) -> dict[str, Any]:
        """Return what the parameters and fields of a request may be called by, and is there."""
        path = case.operation.path
        service = path.partition("/workRequests")[0]
        known = {**self.known, "work_request_id": self.known.get(f"{service}/workRequests", "none")}
        for (methods, pattern), name, other in _OTHERS:
            if case.method in methods and re.search(pattern, path):
                known[name] = self.known[other]
        return known


#: Where what is there must be another than elsewhere: which requests, the parameter, and what it is then.
_OTHERS = (
    ((("POST",), r"/models/{model_id}/(provenance|.*[aA]rtifact)$"), "model_id", "bare_model_id"),
    ((("GET", "PUT", "POST", "DELETE"), "/artifactUploads"), "model_id", "bare_model_id"),
    ((("POST",), r"/actions/(registerArtifactReference|exportArtifact)$"), "model_id", "bare_model_id"),
    ((("POST",), r"/actions/importArtifact$"), "model_id", "full_model_id"),
    ((("POST",), r"/modelDeployments/{model_deployment_id}/actions/activate$"), "model_deployment_id", "inactive_id"),
    ((("DELETE",), r"/b/{bucket_name}$"), "bucket_name", "empty_bucket_name"),
    ((("DELETE",), r"/logGroups/{log_group_id}$"), "log_group_id", "empty_log_group_id"),
    ((("POST",), r"/modelGroups/{model_group_id}/artifact$"), "model_group_id", "modelGroupId"),
)


def _world(new_api: Callable[..., Any], like: World | None = None) -> World:
    source = random.Random(31)
    clock = Ticking(like.clock.now if like else BEGINNING)
    driver = ReadyAtOnce(like.driver.replicas if like else {})
    with ids.chosen_by(source.choice):
        api = new_api(clock=clock, like=like.api.settings.home if like else None)
    if like is not None:
        source.setstate(like.random.getstate())
    inner = build_app(operations(api.services), verifier=None, user_id=api.installation.user_id)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with ids.chosen_by(source.choice):
            await inner(scope, receive, send)

    routes = RouteTable(api.settings.routes_file, keys={})
    reconciler = Reconciler(api.services.database, driver, routes, clock=clock, news=Event(), tidy=lambda _: None)
    return World(new_api, api, app, source, clock, driver, reconciler)


def _where(world: World) -> dict[str, Any]:
    """Return what is in every service, and where everything goes."""
    namespace = world.api.services.object_storage.buckets.namespace
    return {
        "compartmentId": world.api.compartment_id,
        "projectId": world.api.project_id,
        "namespace": namespace,
        "namespace_name": namespace,
        "timeExpires": "2999-01-01T00:00:00Z",
    }


def _furnish(world: World) -> None:
    """Put one thing of each kind into the service."""
    kept = _where(world)
    own = {name: kept[name] for name in ("compartmentId", "projectId")}
    kept |= {
        "compartment_id": world.api.compartment_id,
        "tenancy_id": world.api.installation.tenancy_id,
        "user_id": world.api.installation.user_id,
        "name": "DatascienceModel",
    }
    kept |= _data_science(world, own)
    kept |= _object_storage(world, f"/n/{kept['namespace_name']}/b", own["compartmentId"])
    kept |= _streams(world, own["compartmentId"])
    kept |= _logs(world, own["compartmentId"])
    world.known = kept


def _data_science(world: World, own: dict[str, str]) -> dict[str, Any]:
    base, api = "/20190101", world.api

    def made(path: str, body: Any) -> str:
        return str(world.ask("POST", f"{base}{path}", body).json()["id"])

    items = {kind: [{"key": "Framework"}] for kind in ("customMetadataList", "definedMetadataList")}
    model, member, bare = (made("/models", {**own, **items}) for _ in range(3))
    for each in (model, member):
        world.ask("POST", f"{base}/models/{each}/artifact", b"PK")
    world.ask("POST", f"{base}/models/{model}/provenance", {})
    for kind in ("customMetadata", "definedMetadata"):
        world.ask("POST", f"{base}/models/{model}/{kind}/Framework/artifact", b"{}")
    group = {
        **own,
        "createType": "CREATE",
        "modelGroupDetails": {"type": "HETEROGENEOUS"},
        "memberModelEntries": {"memberModelDetails": [{"modelId": member}]},
    }
    deployed = world.ask("POST", f"{base}/modelDeployments", api.deployment_details(member, **own))
    group_id = made("/modelGroups", group)
    world.ask("POST", f"{base}/modelGroups/{group_id}/artifact", b"PK")
    inactive = made("/modelDeployments", api.deployment_details(member, **own))
    world.settle()
    world.ask("POST", f"{base}/modelDeployments/{inactive}/actions/deactivate")
    segment = {"digest": f"sha256:{hashlib.sha256(SEGMENT).hexdigest()}", "size": len(SEGMENT)}
    upload = made(f"/models/{bare}/artifactUploads", {"segments": [segment]})
    world.ask("PUT", f"{base}/models/{bare}/artifactUploads/{upload}/segments/{segment['digest']}", SEGMENT)
    kept = {
        "project_id": made("/projects", {"compartmentId": own["compartmentId"]}),
        "model_id": model,
        "full_model_id": model,
        "bare_model_id": bare,
        "inactive_id": inactive,
        "modelId": member,
        "metadatum_key_name": "Framework",
        "model_version_set_id": made("/modelVersionSets", {**own, "name": "kept"}),
        "model_group_id": group_id,
        "modelGroupId": made("/modelGroups", group),
        "model_group_version_history_id": made("/modelGroupVersionHistory", {**own, "displayName": "kept"}),
        "model_deployment_id": deployed.json()["id"],
        f"{base}/workRequests": deployed.headers["opc-work-request-id"],
        "upload_id": upload,
        "digest": segment["digest"],
    }
    world.settle()
    return {**kept, "modelVersionSetId": kept["model_version_set_id"]}


def _object_storage(world: World, buckets: str, compartment_id: str) -> dict[str, Any]:
    bucket, name = "kept", "a name"
    for each in (bucket, "empty"):
        world.ask("POST", buckets, {"name": each, "compartmentId": compartment_id})
    path = f"{buckets}/{bucket}"
    world.ask("PUT", f"{path}/o/a%20name", b"bytes")
    upload = world.ask("POST", f"{path}/u", {"object": name}).json()["uploadId"]
    part = world.ask("PUT", f"{path}/u/a%20name?uploadId={upload}&uploadPartNum=1", b"part")
    request = {"name": "r", "accessType": "AnyObjectReadWrite", "timeExpires": "2999-01-01T00:00:00Z"}
    opened = world.ask("POST", f"{path}/p", {**request, "bucketListingAction": "ListObjects"}).json()
    copy = {
        "sourceObjectName": name,
        "destinationRegion": ids.REGION,
        "destinationNamespace": buckets.split("/")[2],
        "destinationBucket": bucket,
        "destinationObjectName": "copy",
    }
    copied = world.ask("POST", f"{path}/actions/copyObject", copy)
    return {
        "bucket_name": bucket,
        "bucketName": bucket,
        "empty_bucket_name": "empty",
        "object_name": name,
        "sourceObjectName": name,
        "sourceName": name,
        "sourceBucket": bucket,
        "destinationBucket": bucket,
        "destinationNamespace": buckets.split("/")[2],
        "uploadId": upload,
        "partsToCommit": [{"partNum": 1, "etag": part.headers["etag"]}],
        "partsToExclude": None,
        "par_id": opened["id"],
        "token": opened["accessUri"].split("/")[2],
        "/workRequests": copied.headers["opc-work-request-id"],
    }


def _streams(world: World, compartment_id: str) -> dict[str, Any]:
    base = "/20180418"
    pool = world.ask("POST", f"{base}/streampools", {"compartmentId": compartment_id, "name": "kept"}).json()["id"]
    body = {"streamPoolId": pool, "partitions": 1}
    stream, other = (
        world.ask("POST", f"{base}/streams", {**body, "name": name}).json()["id"] for name in ("kept", "other")
    )
    message = {"value": base64.b64encode(b"text").decode()}
    world.ask("POST", f"{base}/streams/{stream}/messages", {"messages": [message]})
    group = {"type": "TRIM_HORIZON", "groupName": "kept"}
    cursor = world.ask("POST", f"{base}/streams/{stream}/groupCursors", group).json()["value"]
    return {
        "stream_pool_id": pool,
        "streamPoolId": pool,
        "stream_id": stream,
        "other_stream_id": other,
        "group_name": "kept",
        "cursor": cursor,
        "partition": "0",
        "offset": 0,
    }


def _logs(world: World, compartment_id: str) -> dict[str, Any]:
    base = "/20200531"

    def made(path: str, body: dict[str, str]) -> tuple[str, str]:
        request = world.ask("POST", f"{base}/logGroups{path}", body).headers["opc-work-request-id"]
        resources = world.ask("GET", f"{base}/workRequests/{request}").json()["resources"]
        return resources[0]["identifier"], request

    group, request = made("", {"compartmentId": compartment_id, "displayName": "kept"})
    empty, _ = made("", {"compartmentId": compartment_id, "displayName": "empty"})
    return {
        "log_group_id": group,
        "empty_log_group_id": empty,
        "targetLogGroupId": empty,
        "log_id": made(f"/{group}/logs", {"displayName": "kept", "logType": "CUSTOM"})[0],
        f"{base}/workRequests": request,
    }


# ── what JSON Schema cannot say ──────────────────────────────────────────────────────────────────────────────────────

_EXAMPLES = {
    "/20190909/search": ("searchQuery", 'search "{compartment}"'),
    "/20180409/resources": ("query", "query all resources"),
}
"""Texts in a language of their own, by the path of the operation that takes them."""


def make_consistent(case: Any, known: Mapping[str, Any]) -> None:
    """Make valid data say one thing where two of its parts depend on each other, and name what is there."""
    if case.meta.generation.mode is GenerationMode.NEGATIVE:
        return
    query = case.query
    for token in ("page", "if-match"):  # only an answer can say them
        query.pop(token, None)
        case.headers.pop(token, None)
    if isinstance(query.get("streamPoolId"), str) and not query["streamPoolId"]:
        del query["streamPoolId"]
    if "start" in query:
        query.pop("startAfter", None)
    for part in (case.body, query, case.path_parameters):
        if isinstance(part, dict):
            part.update({name: value for name, value in known.items() if name in part})
    if case.operation.path == "/20180418/streams":
        _say_one_place(query if case.method == "GET" else case.body, known)
    if case.operation.path in _EXAMPLES and isinstance(case.body, dict):
        field, example = _EXAMPLES[case.operation.path]
        example = example.format(compartment=known.get("compartmentId"))
        case.body.update({name: example for name in (field,) if name in case.body})
    if case.operation.path.endswith("/segments/{digest}"):
        case.body = SEGMENT
    _stream_only(case.body, known)
    _walk(case.body, known)


def _say_one_place(where: Any, known: Mapping[str, Any]) -> None:
    """A stream is in a compartment's default pool, or in a pool that is named."""
    if isinstance(where, dict) and where.get("streamPoolId") is not None:
        where.pop("compartmentId", None)
    elif isinstance(where, dict):
        where["compartmentId"] = known["compartmentId"]


def _stream_only(body: Any, known: Mapping[str, Any]) -> None:
    """Only a deployment of a model that is STREAM_ONLY has streams, and it has some of each kind."""
    if not isinstance(body, dict) or not isinstance(body.get("modelDeploymentConfigurationDetails"), dict):
        return
    configuration = body["modelDeploymentConfigurationDetails"]
    configuration.pop("streamConfigurationDetails", None)
    if body.get("deploymentMode") == "STREAM_ONLY" and configuration["deploymentType"] == "SINGLE_MODEL":
        streams = {"inputStreamIds": [known["stream_id"]], "outputStreamIds": [known["other_stream_id"]]}
        configuration["streamConfigurationDetails"] = streams
    else:
        body.pop("deploymentMode", None)


_NAMED = (
    "modelId",
    "modelGroupId",
    "modelVersionSetId",
    "namespace",
    "bucketName",
    "sourceBucket",
    "sourceObjectName",
    "destinationBucket",
)
"""Fields that name what must be there, at any depth."""

_EVERYWHERE = ("compartmentId", "projectId", "namespace_name", "timeExpires", "destinationNamespace")


def _walk(value: Any, known: Mapping[str, Any]) -> None:
    if isinstance(value, list):
        for each in value:
            _walk(each, known)
    if not isinstance(value, dict):
        return
    for name in _NAMED:
        if isinstance(value.get(name), str) and name in known:
            value[name] = known[name]
    for rule in _RELATIONS:
        rule(value)
    for each in value.values():
        _walk(each, known)


def _days(value: dict[str, Any]) -> None:
    if all(isinstance(value.get(name), (int, float)) for name in ("archiveAfterDays", "deleteAfterDays")):
        value["archiveAfterDays"] = min(int(value["archiveAfterDays"]), 36_499)
        value["deleteAfterDays"] = value["archiveAfterDays"] + 1


def _counts(value: dict[str, Any]) -> None:
    names = ("minimumInstanceCount", "initialInstanceCount", "maximumInstanceCount")
    if all(isinstance(value.get(name), (int, float)) for name in names):
        value.update(zip(names, sorted(value[name] for name in names), strict=True))


def _thresholds(value: dict[str, Any]) -> None:
    both = [value.get(name) for name in ("scaleInConfiguration", "scaleOutConfiguration")]
    if not all(isinstance(each, dict) for each in both):
        return
    for each, threshold in zip(both, (20, 80), strict=True):
        each.update({"threshold": threshold} if "threshold" in each else {})
        each.update({"query": "CPUUtilization[1m].mean() > 75"} if "query" in each else {})


def _sizes(value: dict[str, Any]) -> None:
    """Only a flexible shape is given a size."""
    if not str(value.get("instanceShapeName", ".Flex")).endswith(".Flex"):
        value.pop("modelDeploymentInstanceShapeConfigDetails", None)


def _bandwidth(value: dict[str, Any]) -> None:
    if value.get("bandwidthMbps") is not None and value.get("maximumBandwidthMbps") is not None:
        value["maximumBandwidthMbps"] = 8000


def _reference(value: dict[str, Any]) -> None:
    """A model by reference has objects, each of them once."""
    if "modelArtifactReferenceType" in value:
        value["prefix"] = None
    if isinstance(value.get("modelArtifactReferences"), list):
        del value["modelArtifactReferences"][1:]


def _image(value: dict[str, Any]) -> None:
    """An image is named by one digest."""
    if "@" in str(value.get("image")):
        value.pop("imageDigest", None)


def _segments(value: dict[str, Any]) -> None:
    sizes: dict[str, int] = {}
    for each in _records(value.get("segments"), "digest"):
        each["size"] = sizes.setdefault(each["digest"], each["size"])


def _times(value: dict[str, Any]) -> None:
    if "timeStart" in value:
        value.update(timeStart="2026-01-30T00:00:00Z", timeEnd="2026-02-01T00:00:00Z")
    for name in ("defaultlogentrytime", "time"):
        if isinstance(value.get(name), str):
            value[name] = "2026-01-31T00:00:00Z"


def _each_once(value: dict[str, Any]) -> None:
    for name in ("customMetadataList", "definedMetadataList"):
        if records := _records(value.get(name), "key"):
            value[name] = list({each["key"]: each for each in records}.values())
    if isinstance(value.get("memberModelDetails"), list):
        del value["memberModelDetails"][1:]  # all name the one model that is there


def _records(value: Any, name: str) -> list[dict[str, Any]]:
    """Return the records of a list that have a field; none of what only has the list's name, as a tag may."""
    records = value if isinstance(value, list) else []
    return records if all(isinstance(each, dict) and name in each for each in records) else []


_RELATIONS = (_days, _counts, _thresholds, _sizes, _bandwidth, _image, _reference, _segments, _times, _each_once)


def excused(case: Any, response: Any) -> list[Any]:
    """Return the checks that cannot hold for an answer."""
    checks = []
    if response.status_code == 400 and any(each in response.text for each in NOT_THE_SCHEMAS):
        checks.append(positive_data_acceptance)
    if re.search(r"[?&][^=]*=(&|$)", response.request.url):
        checks.append(negative_data_rejection)  # an empty parameter says the same as none: allowEmptyValue
    if b'"lifecycleState":"DELET' in response.content or response.content == b"[]":
        checks.append(use_after_free)  # a deleted model is there to be read, says that it is deleted, and has nothing
    if not case.operation.path.endswith("}") or b'"BucketNotFound"' in response.content:
        checks.append(ensure_resource_availability)  # a new model has no artifact yet; a bucket goes with what is in it
    return checks


def _schema(world: World) -> Any:
    schema = schemathesis.openapi.from_asgi("/documents/openapi.json", world.app)
    checks = schema.config.checks
    checks.positive_data_acceptance.expected_statuses = MAY_BE_ANSWERED
    checks.not_a_server_error.expected_statuses = ["2xx", "3xx", "4xx", "501"]
    return schema


@dataclass(frozen=True)
class Generating:
    """Be what the tests beside this file share."""

    furnished: Callable[[], World]
    schema: Callable[[World], Any]
    make_consistent: Callable[[Any, Mapping[str, Any]], None]
    excused: Callable[[Any, Any], list[Any]]


@pytest.fixture
def generating(new_api: Callable[..., Any]) -> Generating:
    """Give what generated requests need."""

    template = _world(new_api)
    _furnish(template)
    return Generating(template.again, _schema, make_consistent, excused)
