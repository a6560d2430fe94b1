"""What a deployment's models run in: from the options to an environment, of the model's own or of a container."""

from __future__ import annotations

import shlex
from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import flag, option, repeated
from modelyard.cli.options import is_any_given, pairs
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.resources.deployment import EnvironmentConfigurationDetails

OPTIONS = (
    repeated("--env", metavar="KEY=VALUE", about="An environment variable for the model; may be given several times."),
    option("--image", metavar="IMAGE", about="A container image to answer in place of the model's score.py."),
    flag("--no-image", about="Answer by the model's score.py again, and no more by a container."),
    option("--image-digest", metavar="DIGEST", about="The digest that the image must have (sha256:…)."),
    option("--entrypoint", metavar="WORDS", about="What the container starts, in place of the image's own."),
    option("--cmd", metavar="WORDS", about="The words that follow, in place of the image's own."),
    option("--server-port", metavar="PORT", convert=int, about="Where the container answers /predict (8080)."),
    option("--health-port", metavar="PORT", convert=int, about="Where it answers /health (the server port)."),
)
"""What `deployment create` and `update` take."""

CHANGING = ("env", "image", "no_image", "image_digest", "entrypoint", "cmd", "server_port", "health_port")
"""Where these options are found."""

_OF_CONTAINERS = CHANGING[3:]


def environment(
    given: Namespace, *, current: EnvironmentConfigurationDetails | None
) -> EnvironmentConfigurationDetails | None:
    """Return the environment that the options ask for; None where they name nothing of it.

    Args:
        given: The options.
        current: The environment of the deployment as it is; what the options leave out stays so.

    Raises:
        UsageError: The options contradict each other, or miss the image that they belong to.
    """
    from modelyard.resources.deployment import (
        DefaultModelDeploymentEnvironmentConfigurationDetails,
        OcirModelDeploymentEnvironmentConfigurationDetails,
    )

    if not is_any_given(given, CHANGING):
        return None
    before = current if isinstance(current, OcirModelDeploymentEnvironmentConfigurationDetails) else None
    variables = pairs(given.env, option="--env")
    if variables is None and current is not None:
        variables = current.environment_variables
    image = given.image or (before.image if before is not None else None)
    if image is None or given.no_image:
        _check_without_image(given)
        return DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables=variables)
    # another image has digest, command and ports of its own
    kept = (
        before if before is not None and given.image is None else OcirModelDeploymentEnvironmentConfigurationDetails()
    )
    return OcirModelDeploymentEnvironmentConfigurationDetails(
        image=image,
        image_digest=given.image_digest or kept.image_digest,
        entrypoint=_words(given.entrypoint, option="--entrypoint") or kept.entrypoint,
        cmd=_words(given.cmd, option="--cmd") or kept.cmd,
        server_port=given.server_port or kept.server_port,
        health_check_port=given.health_port or kept.health_check_port,
        environment_variables=variables,
    )


def _check_without_image(given: Namespace) -> None:
    lonely = [name for name in _OF_CONTAINERS if getattr(given, name) is not None]
    if given.image is not None:
        raise UsageError("--image and --no-image contradict each other: give one of them.")
    if lonely:
        options = ", ".join("--" + name.replace("_", "-") for name in lonely)
        raise UsageError(f"{options}: of a container, and there is none. Give its --image too.")


def _words(text: str | None, *, option: str) -> list[str] | None:
    try:
        return None if text is None else shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{option} is {text!r}, which a shell could not read: {error}.") from None
