"""Session tokens and resource principals, as the official signers use them, at the service and at the gateway."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

oci = pytest.importorskip("oci")


@pytest.fixture
def session(service: Any) -> Callable[..., dict[str, str]]:
    """Makes a session; returns where its files are."""

    def make(*arguments: str) -> dict[str, str]:
        done = service.run("token", "--output", "json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return make


def signer_of(files: dict[str, str], token: str | None = None) -> Any:
    return oci.auth.signers.EphemeralResourcePrincipalSigner(
        session_token=token or files["token_file"], private_key=files["key_file"], region="local-1"
    )


def clients(service: Any, signer: Any) -> tuple[Any, Any]:
    here = {"service_endpoint": service.endpoint, "retry_strategy": oci.retry.NoneRetryStrategy()}
    return (
        oci.data_science.DataScienceClient({}, signer=signer, **here),
        oci.model_deployment.ModelDeploymentClient({}, signer=signer, **here),
    )


def test_a_resource_that_signs_with_a_token_is_who_did_it(service: Any, session: Any) -> None:
    notebook = service.project_id.replace("datascienceproject", "datasciencenotebooksession")
    science, inference = clients(service, signer_of(session("--name", "notebook", "--resource", notebook)))
    details = oci.data_science.models.CreateProjectDetails(
        compartment_id=service.compartment_id, display_name="by a notebook"
    )
    assert science.create_project(details).data.created_by == notebook
    with pytest.raises(oci.exceptions.ServiceError) as caught:  # the gateway knows it too: it looks for the deployment
        inference.predict(notebook.replace("notebooksession", "modeldeployment"), [1])
    assert caught.value.status == 404


def test_a_changed_token_is_401_at_the_service_and_at_the_gateway(service: Any, session: Any) -> None:
    files = session("--name", "changed")
    head, claims, signature = Path(files["token_file"]).read_text().split(".")
    science, inference = clients(service, signer_of(files, f"{head}.{claims}.{signature[:-8]}AAAAAAAA"))
    deployment = service.project_id.replace("datascienceproject", "datasciencemodeldeployment")
    for call in (lambda: science.list_projects(service.compartment_id), lambda: inference.predict(deployment, [1])):
        with pytest.raises(oci.exceptions.ServiceError, match="was not issued here, or was changed") as caught:
            call()
        assert (caught.value.status, caught.value.code) == (401, "NotAuthenticated")


def test_a_renewed_session_goes_on_where_the_old_token_was_refused(service: Any, session: Any) -> None:
    files = session("--name", "renewed")
    signer = signer_of(files)
    session("--name", "renewed")
    signer.refresh_security_token()
    science, _ = clients(service, signer)
    assert science.list_projects(service.compartment_id).status == 200


def test_what_is_published_is_read_without_a_signature_and_with_any_token(service: Any) -> None:
    requests = oci._vendor.requests
    address = f"{service.endpoint}/p/any/n/ociodscdev/b/service-conda-packs/o/service_pack/index.json"
    (default, *_) = requests.get(address, timeout=30).json()["service_packs"]
    assert default["slug"] == "default"
    refused = requests.get(address.replace("/p/any", ""), timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (401, "NotAuthenticated")
    assert requests.put(address, data=b"x", timeout=30).status_code == 404
