"""The operations of the official clients, read off the clients themselves, and which of them are out of scope."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

import oci

CLIENTS = (
    oci.data_science.DataScienceClient,
    oci.object_storage.ObjectStorageClient,
    oci.streaming.StreamAdminClient,
    oci.streaming.StreamClient,
    oci.logging.LoggingManagementClient,
    oci.loggingsearch.LogSearchClient,
    oci.loggingingestion.LoggingClient,
    oci.resource_search.ResourceSearchClient,
    oci.identity.IdentityClient,
)

OUT_OF_SCOPE = {
    "data_science": {
        "jobs": r"_jobs?\b|_job_|_step_artifact",
        "notebook sessions": r"_notebook_session",
        "pipelines and schedules": r"_pipeline|_schedule",
        "ML applications": r"_ml_application",
        "private endpoints and compute targets as resources": r"_private_endpoint|_compute_target",
        "artifact signatures": r"_artifact_signature",
        "ready-made containers": r"^list_containers$",
    },
    "object_storage": {
        "replication, retention and lifecycle rules": r"_replication_|_retention_rule|_lifecycle_policy|_writable$",
        "archives and other storage tiers": r"^restore_objects$|_storage_tier$",
        "keys of the customer's own": r"^reencrypt_",
        "private endpoints": r"_private_endpoint",
    },
    "streaming": {
        "connect harnesses": r"_connect_harness",
        "work requests, since each operation is done when it is answered": r"_work_request",
    },
    "logging": {"agents and saved searches": r"_unified_agent_configuration|_log_saved_search"},
    "identity": {
        "all but reading who and where one is": r"^(?!get_(user|tenancy|compartment)$|list_(compartments|regions|"
        r"region_subscriptions|availability_domains)$)"
    },
}
"""Service → what it is about → the names of the operations."""

_REQUEST = re.compile(r'resource_path = "([^"]*)"\s+method = "(\w+)"')
_BASE_PATH = re.compile(r"'base_path': '([^']*)'")


class Official(NamedTuple):
    """Be one operation of an official client."""

    service: str
    name: str
    method: str
    path: str
    """The whole path, each parameter ``{}``."""

    excluded: str
    """What it is about, where that is out of scope; empty where it is not."""


def operations() -> Iterator[Official]:
    """Yield the operations of every client, by service and name."""
    for client in CLIENTS:
        service = client.__module__.split(".")[1]
        found = _BASE_PATH.search(inspect.getsource(client.__init__))
        assert found is not None
        base_path = found[1].rstrip("/")
        for name, function in inspect.getmembers(client, inspect.isfunction):
            if request := _REQUEST.search(inspect.getsource(function)):
                yield Official(service, name, request[2], without_names(base_path + request[1]), _about(service, name))


def without_names(path: str) -> str:
    """Return a path whose parameters have no names: each side has its own for them."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _about(service: str, name: str) -> str:
    topics = OUT_OF_SCOPE.get(service, {}).items()
    return next((topic for topic, pattern in topics if re.search(pattern, name)), "")
