"""Artifacts go to buckets and come from them."""

from __future__ import annotations

import json
import uuid
from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.cli.model_buckets import from_bucket
from modelyard.client.data_science import DataScienceClient
from modelyard.client.object_storage import namespace_of
from modelyard.client.profile import resolve
from modelyard.client.transport import Request
from modelyard.resources.model import CreateModelDetails
from modelyard.settings import from_environ


@pytest.fixture
def bucket(cli: Any) -> str:
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    with DataScienceClient(resolve(from_environ(cli.environ))) as client:
        body = json.dumps({"name": name, "compartmentId": client.profile.compartment_id}).encode()
        client.transport.send(Request(method="POST", path=f"/n/{namespace_of(client.transport)}/b", body=body))
    return name


def test_an_artifact_goes_to_a_bucket_and_comes_back_as_a_model(cli: Any, model: Any, bucket: str) -> None:
    done = cli.run("model", "to-bucket", "double", "--bucket", bucket, "--object", "models/copy.zip")
    assert done.returncode == 0, done.stderr
    assert "100 %" in done.stderr
    assert f"models/copy.zip in bucket {bucket}" in done.stdout
    copy = cli.json("model", "from-bucket", "--bucket", bucket, "--object", "models/copy.zip")
    assert (copy["displayName"], copy["lifecycleState"]) == ("copy", "ACTIVE")
    digests = {cli.json("model", "show", id)["artifact"]["digest"] for id in (copy["id"], model["id"])}
    assert len(digests) == 1


def test_an_object_that_is_not_there_leaves_no_model(cli: Any, model: Any, bucket: str) -> None:
    said = cli.failure("model", "from-bucket", "--bucket", bucket, "--object", "none.zip", "--name", "from nowhere")
    assert "none.zip" in said
    assert "from nowhere" not in cli.text("model", "list")


class Interrupted:
    """A service that takes an entry, and whose user presses Ctrl-C before its copy has begun."""

    def __init__(self) -> None:
        self.models = ["m"]

    def create_model(self, _details: CreateModelDetails) -> SimpleNamespace:
        return SimpleNamespace(id="m")

    def export_model_artifact(self, *_: object) -> str:
        raise KeyboardInterrupt

    def delete_model(self, id: str) -> None:
        self.models.remove(id)


def test_ctrl_c_before_the_copy_has_begun_leaves_no_model() -> None:
    client = Interrupted()
    context: Any = SimpleNamespace(client=client, project=lambda _: "p", compartment=lambda _: "c")
    names = ("project", "compartment_id", "description", "name")
    given = Namespace(namespace="n", bucket="b", object="o.zip", wait=True, **dict.fromkeys(names))
    with pytest.raises(KeyboardInterrupt):
        from_bucket(context, given)
    assert client.models == []
