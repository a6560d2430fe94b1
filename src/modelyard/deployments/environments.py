"""What a deployment says of the environment of its replicas: variables, and how a container would be run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelyard.deployments.shapes import Size
from modelyard.deployments.spec import Container
from modelyard.errors import InvalidParameter, MethodNotImplemented
from modelyard.resources.deployment import (
    EnvironmentConfigurationDetails,
    OcirModelDeploymentEnvironmentConfigurationDetails,
)

LONGEST_VARIABLES = 2048
"""The most bytes that the environment variables of a deployment may have together."""

LONGEST_COMMAND = 2048
"""The most bytes that ``cmd`` and ``entrypoint`` of a container may have together."""

_VARIABLE = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]{0,29}[A-Za-z0-9])?")
_RESERVED_PORTS = frozenset({24224, 8446, 8447})
_DEFAULT_PORT = 8080
_MOST_GBS = 1e6  # more than any machine has, and still a number of bytes that runtimes take
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,1023}(?:@sha256:[0-9a-f]{64})?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def check(environment: EnvironmentConfigurationDetails | None) -> None:
    """Raise InvalidParameter for variables, images, commands and ports that are not allowed.

    Raises:
        MethodNotImplemented: Something is asked of a container that is not done here.
    """
    if environment is None:
        return
    _check_variables(environment.environment_variables or {})
    if isinstance(environment, OcirModelDeploymentEnvironmentConfigurationDetails):
        _check_container(environment)


def container(environment: EnvironmentConfigurationDetails | None, size: Size) -> Container | None:
    """Return the container that an environment asks for, as large as its instance; None where it asks for none."""
    if not isinstance(environment, OcirModelDeploymentEnvironmentConfigurationDetails):
        return None
    server_port = environment.server_port or _DEFAULT_PORT
    return Container(
        image=_reference(environment.image or "", environment.image_digest),
        processors=size.processors,
        memory=int(min(size.memory_in_gbs, _MOST_GBS) * 1024**3),
        entrypoint=tuple(environment.entrypoint or ()),
        cmd=tuple(environment.cmd or ()),
        server_port=server_port,
        health_check_port=environment.health_check_port or server_port,
    )


def _reference(image: str, digest: str | None) -> str:
    """Return what a runtime is told to run: with a digest no tag, which would be the older word of the two."""
    if not digest:
        return image
    name = image.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}@{digest}"


def _check_container(container: OcirModelDeploymentEnvironmentConfigurationDetails) -> None:
    if not container.image:
        raise InvalidParameter("An OCIR_CONTAINER environment needs its image.")
    _check_image(container.image, container.image_digest)
    command = [*(container.entrypoint or ()), *(container.cmd or ())]
    size = sum(len(word.encode("utf-8", "surrogatepass")) for word in command)
    if size > LONGEST_COMMAND:
        raise InvalidParameter(f"cmd and entrypoint have {size} bytes together; {LONGEST_COMMAND} are allowed.")
    for name, port in (("serverPort", container.server_port), ("healthCheckPort", container.health_check_port)):
        if port is not None and (not 1024 <= port <= 65535 or port in _RESERVED_PORTS):
            reserved = ", ".join(map(str, sorted(_RESERVED_PORTS)))
            raise InvalidParameter(f"{name} is {port}; it takes a port from 1024 to 65535 that is none of {reserved}.")
    if any("\0" in word for word in command):
        raise InvalidParameter("cmd or entrypoint has a NUL character, which no command can have.")
    if container.custom_http_endpoints:
        raise MethodNotImplemented("Containers answer /predict alone: leave customHttpEndpoints out.")
    if container.image_signature_id:
        raise MethodNotImplemented(
            "Signatures of images are not verified: leave imageSignatureId out, and name the image's imageDigest."
        )


def _check_image(image: str, digest: str | None) -> None:
    if not _IMAGE.fullmatch(image):
        raise InvalidParameter(
            f"The image {image!r} is no name of an image, such as registry.example/team/server:1.0 or name@sha256:…."
        )
    if digest and not _DIGEST.fullmatch(digest):
        raise InvalidParameter(f"imageDigest is {digest!r}; it takes sha256: and 64 hexadecimal digits.")
    named = image.partition("@")[2]
    if named and digest and named != digest:
        raise InvalidParameter(f"The image is named by the digest {named}, and imageDigest is {digest}: name one.")


def _check_variables(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name):
            raise InvalidParameter(
                f"The environment variable {name!r} has no allowed name: a letter, then up to 30 letters, digits and "
                "underscores, not ending in an underscore."
            )
        if "\0" in value:
            raise InvalidParameter(f"The environment variable {name} has a NUL character in its value.")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > LONGEST_VARIABLES:
        raise InvalidParameter(
            f"The environment variables have {size} bytes together; {LONGEST_VARIABLES} are allowed."
        )
