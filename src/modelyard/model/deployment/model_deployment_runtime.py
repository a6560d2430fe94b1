"""What a deployment runs: which model or group, in the artifact's environment or a container, with what around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypedDict

from modelyard.errors import UsageError
from modelyard.model.builder import Builder, choice, flag, mapping, number, tags, text, texts, whole
from modelyard.model.deployment.field_names import RuntimeNames
from modelyard.model.deployment.state import ModelDeploymentMode
from modelyard.model.states import ModelDeploymentRuntimeType

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from modelyard.client.profile import Auth

__all__ = [
    "ModelDeploymentCondaRuntime",
    "ModelDeploymentContainerRuntime",
    "ModelDeploymentMode",
    "ModelDeploymentRuntime",
    "ModelDeploymentRuntimeType",
    "OCIModelDeploymentRuntimeType",
]


class OCIModelDeploymentRuntimeType:
    """Name the same on the wire."""

    CONDA = "DEFAULT"
    CONTAINER = "OCIR_CONTAINER"


class RuntimeFields(TypedDict, total=False):
    """Be what can be said of any runtime, by keyword."""

    env: dict[str, str]
    deployment_mode: str
    input_stream_ids: list[str]
    output_stream_ids: list[str]
    model_uri: str
    model_group_id: str
    bucket_uri: str
    auth: Auth
    region: str
    overwrite_existing_artifact: bool
    remove_existing_artifact: bool
    timeout: float


class ContainerFields(RuntimeFields, total=False):
    """Be what can be said of a container, by keyword."""

    image: str
    image_digest: str
    cmd: list[str]
    entrypoint: list[str]
    server_port: int
    health_check_port: int
    inference_server: str


class ModelDeploymentRuntime(Builder, RuntimeNames):
    """Be what a deployment runs: see :class:`ModelDeploymentCondaRuntime`, :class:`ModelDeploymentContainerRuntime`."""

    KIND = "runtime"
    ENVIRONMENT: ClassVar[str]

    env = tags("The environment variables of the model's process.")
    deployment_mode = choice("What it answers: requests or messages.", "HTTPS_ONLY", "STREAM_ONLY")
    input_stream_ids = texts("The streams that a STREAM_ONLY deployment reads.")
    output_stream_ids = texts("The streams that it writes every answer to.")
    model_uri = text("The model: its OCID, or where an artifact is that is saved first.")
    model_group_id = text("The OCID of a group of models, in place of one model.")
    bucket_uri = text("The bucket by which such an artifact goes; not needed, whatever its size.")
    auth = mapping("Who saves such an artifact.", is_kept=False)
    region = text("The region of the bucket.")
    overwrite_existing_artifact = flag("Whether an object of the bucket that has the name may be written over.")
    remove_existing_artifact = flag("Whether the bucket's object is deleted when it has arrived.")
    timeout = number("How long to wait for a connection, in seconds.")

    @property
    def environment_config_type(self) -> str:
        """What it is on the wire."""
        return self.ENVIRONMENT

    def variables(self) -> dict[str, str]:
        """Return the environment variables."""
        return dict(self.env or {})

    def with_env(self, env: dict[str, str]) -> Self:
        """Say the environment variables of the model's process; return the runtime."""
        return self.set_spec("env", env)

    def with_deployment_mode(self, deployment_mode: str) -> Self:
        """Say what it answers, ``HTTPS_ONLY`` or ``STREAM_ONLY``; return the runtime."""
        return self.set_spec("deployment_mode", deployment_mode)

    def with_input_stream_ids(self, input_stream_ids: list[str]) -> Self:
        """Say the streams that a STREAM_ONLY deployment reads; return the runtime."""
        return self.set_spec("input_stream_ids", input_stream_ids)

    def with_output_stream_ids(self, output_stream_ids: list[str]) -> Self:
        """Say the streams that it writes every answer to; return the runtime."""
        return self.set_spec("output_stream_ids", output_stream_ids)

    def with_model_uri(self, model_uri: str) -> Self:
        """Say the model, as its OCID or where its artifact is; return the runtime."""
        return self.set_spec("model_uri", model_uri)

    def with_model_group_id(self, model_group_id: str) -> Self:
        """Say the group of models, in place of one model; return the runtime."""
        return self.set_spec("model_group_id", model_group_id)

    def with_bucket_uri(self, bucket_uri: str) -> Self:
        """Say the bucket by which an artifact goes that is saved first; return the runtime."""
        return self.set_spec("bucket_uri", bucket_uri)

    def with_auth(self, auth: Auth) -> Self:
        """Say who saves such an artifact; return the runtime."""
        return self.set_spec("auth", auth)

    def with_region(self, region: str) -> Self:
        """Say the region of the bucket; return the runtime."""
        return self.set_spec("region", region)

    def with_overwrite_existing_artifact(self, overwrite_existing_artifact: bool) -> Self:
        """Say whether an object of the bucket that has the name may be written over; return the runtime."""
        return self.set_spec("overwrite_existing_artifact", overwrite_existing_artifact)

    def with_remove_existing_artifact(self, remove_existing_artifact: bool) -> Self:
        """Say whether the bucket's object is deleted when it has arrived; return the runtime."""
        return self.set_spec("remove_existing_artifact", remove_existing_artifact)

    def with_timeout(self, timeout: float) -> Self:
        """Say how long to wait for a connection, in seconds; return the runtime."""
        return self.set_spec("timeout", timeout)


class ModelDeploymentCondaRuntime(ModelDeploymentRuntime):
    """Run a model in the environment that its artifact names.

    Args:
        spec: What it is, by the names of the fields or those in files (``modelUri``).
        kwargs: The same by keyword.

    Example:
        >>> ModelDeploymentCondaRuntime().with_env({"LEVEL": "info"}).type
        'conda'
    """

    TYPE = ModelDeploymentRuntimeType.CONDA
    ENVIRONMENT = OCIModelDeploymentRuntimeType.CONDA

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: Unpack[RuntimeFields]) -> None:
        super().__init__(spec, **kwargs)


class ModelDeploymentContainerRuntime(ModelDeploymentRuntime):
    """Run a container image.

    Args:
        spec: What it is, by the names of the fields or those in files (``imageDigest``).
        kwargs: The same by keyword.

    Example:
        >>> ModelDeploymentContainerRuntime().with_image("registry.example.org/wine:1").server_port
        8080
    """

    TYPE = ModelDeploymentRuntimeType.CONTAINER
    ENVIRONMENT = OCIModelDeploymentRuntimeType.CONTAINER

    CONST_IMAGE = "image"
    CONST_IMAGE_DIGEST = "imageDigest"
    CONST_CMD = "cmd"
    CONST_ENTRYPOINT = "entrypoint"
    CONST_SERVER_PORT = "serverPort"
    CONST_HEALTH_CHECK_PORT = "healthCheckPort"
    CONST_INFERENCE_SERVER = "inferenceServer"

    image = text("The image.")
    image_digest = text("Its digest.")
    cmd = texts("Its command.")
    entrypoint = texts("Its entrypoint.")
    server_port = whole("The port that it answers predictions at.", least=1)
    health_check_port = whole("The port that it answers health checks at.", least=1)
    inference_server = choice("A server whose way of being started is known: ``triton``.", "triton")

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: Unpack[ContainerFields]) -> None:
        super().__init__(spec, **kwargs)
        for name in ("server_port", "health_check_port"):
            if self.get_spec(name) is None:
                self.set_spec(name, 8080)

    def with_image(self, image: str) -> Self:
        """Say the image; return the runtime."""
        return self.set_spec("image", image)

    def with_image_digest(self, image_digest: str) -> Self:
        """Say its digest; return the runtime."""
        return self.set_spec("image_digest", image_digest)

    def with_cmd(self, cmd: list[str]) -> Self:
        """Say its command; return the runtime."""
        return self.set_spec("cmd", cmd)

    def with_entrypoint(self, entrypoint: list[str]) -> Self:
        """Say its entrypoint; return the runtime."""
        return self.set_spec("entrypoint", entrypoint)

    def with_server_port(self, server_port: int) -> Self:
        """Say the port that it answers predictions at; return the runtime."""
        return self.set_spec("server_port", server_port)

    def with_health_check_port(self, health_check_port: int) -> Self:
        """Say the port that it answers health checks at; return the runtime."""
        return self.set_spec("health_check_port", health_check_port)

    def with_inference_server(self, inference_server: str = "triton") -> Self:
        """Say a server whose way of being started is known; return the runtime."""
        return self.set_spec("inference_server", inference_server)

    def variables(self) -> dict[str, str]:
        """Return the environment variables, with those that a known server is told by."""
        server = {"CONTAINER_TYPE": self.inference_server.upper()} if self.inference_server else {}
        return super().variables() | server


def runtime_of(said: object) -> ModelDeploymentRuntime:
    """Return the runtime that a dictionary says, or one as it is.

    Raises:
        ValueError: It is of no known type.
    """
    if isinstance(said, ModelDeploymentRuntime):
        return said
    kinds = (ModelDeploymentCondaRuntime, ModelDeploymentContainerRuntime)
    if isinstance(said, Mapping):
        for kind in kinds:
            if said.get("type") == kind.TYPE:
                return kind.from_dict(said)
    raise UsageError(f"A runtime is written as {{'kind': 'runtime', 'type': 'conda' or 'container', …}}, not {said!r}.")
