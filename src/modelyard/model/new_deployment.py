"""A deployment that is asked for and waited for: what becomes of it where somebody stops that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelyard.client.interrupted import add_to
from modelyard.errors import ModelyardError
from modelyard.model.notices import notice
from modelyard.model.progress import reported, watcher_of

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.deployments import CreatedDeployment
    from modelyard.model.deployment.model_deployment import ModelDeployment
    from modelyard.model.options import DeployOptions
    from modelyard.resources.deployment import CreateModelDeploymentDetails


def create_deployment(client: DataScienceClient, details: CreateModelDeploymentDetails) -> CreatedDeployment:
    """Ask for a deployment; at Ctrl-C before the answer there is none."""
    from modelyard.client.transport import new_retry_token

    token = new_retry_token()
    try:
        return client.create_model_deployment(details, retry_token=token)
    except Exception:
        raise
    except BaseException:
        try:  # nobody heard its OCID: it is asked for once more
            unheard = client.create_model_deployment(details, retry_token=token).deployment
            client.delete_model_deployment(unheard.id)
        except ModelyardError as left:
            # What went wrong first is what is raised; that something stays behind is said beside it.
            notice(f"A deployment may have been made that nobody waits for, {details.display_name!r}: {left}")
        raise


def follow(deployment: ModelDeployment, created: CreatedDeployment, options: DeployOptions) -> ModelDeployment:
    """Wait for a deployment as the options say, and show how it goes."""
    from modelyard.model.deployment.model_deployment import Wait

    with reported("deploy") as reporter, _told_how_it_goes_on(created.deployment.id):
        wait = Wait(
            max_wait_time=options.max_wait_time, poll_interval=options.poll_interval, watcher=watcher_of(reporter)
        )
        return deployment.follow(created.work_request_id, wait=wait if options.wait_for_completion else None)


@contextmanager
def _told_how_it_goes_on(deployment_id: str) -> Iterator[None]:
    """Wait for a deployment in the block; Ctrl-C says that it comes up all the same, and how to be rid of it."""
    try:
        yield
    except Exception:
        raise
    except BaseException as stopped:
        add_to(
            stopped,
            f"The deployment {deployment_id} comes up without being waited for: `modelyard deployment show "
            f"{deployment_id}` tells how it stands, and `modelyard deployment delete {deployment_id}` drops it.",
        )
        raise
