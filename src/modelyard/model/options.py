"""The long signatures of the SDK, each written once, and the decorator that gives them to methods."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, Union

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from modelyard.client.profile import Auth
    from modelyard.model.model_properties import ModelProperties
    from modelyard.model.model_version_set import ModelVersionSet

    Sample = Union[list[object], tuple[object, ...], pd.DataFrame, pd.Series, np.ndarray]
    """What a sample of a model's input or output may be."""

P = ParamSpec("P")
S = TypeVar("S")
O = TypeVar("O")  # noqa: E741 (options)
R = TypeVar("R")


def takes(options: Callable[P, O]) -> Callable[[Callable[[S, O], R]], Callable[Concatenate[S, P], R]]:
    """Give a method the parameters of an options class, to be called with and to be seen by help() and type checkers.

    Args:
        options: A dataclass; the method gets one instance of it.
    """

    def decorate(method: Callable[[S, O], R]) -> Callable[Concatenate[S, P], R]:
        written = inspect.signature(method)
        own = next(iter(written.parameters.values()))
        seen = written.replace(parameters=[own, *inspect.signature(options).parameters.values()])

        @functools.wraps(method)
        def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                seen.bind(self, *args, **kwargs)
            except TypeError as error:
                raise TypeError(_explain(method.__name__, error, set(kwargs), set(seen.parameters))) from None
            return method(self, options(*args, **kwargs))

        call.__signature__ = seen  # type: ignore[attr-defined]
        del call.__wrapped__  # its signature is not the one to be seen
        return call

    return decorate


def _explain(name: str, error: TypeError, given: set[str], known: set[str]) -> str:
    unknown = sorted(given - known)
    import difflib

    near = difflib.get_close_matches(unknown[0], sorted(known), n=1) if unknown else []
    return f"{name}(): {error}" + (f". Did you mean {near[0]}?" if near else "")


# Options are made once for a call: what nobody asks of them is not generated, since that costs time at import.


@dataclass(init=False, eq=False, repr=False)
class ArtifactOptions:
    """Say what an artifact is made of: what prepare() and prepare_save_deploy() begin with."""

    inference_conda_env: str | None = None
    inference_python_version: str | None = None
    training_conda_env: str | None = None
    training_python_version: str | None = None
    model_file_name: str | None = None
    as_onnx: bool = False
    initial_types: list[tuple[str, object]] | None = None
    force_overwrite: bool = False
    namespace: str = "id19sfcrra6z"
    use_case_type: str | None = None
    X_sample: Sample | None = None
    y_sample: Sample | None = None
    training_script_path: str | None = None
    training_id: str | None = None
    ignore_pending_changes: bool = True
    max_col_num: int = 2000
    ignore_conda_error: bool = False


@dataclass(eq=False, repr=False)
class PrepareOptions(ArtifactOptions):
    """Be the parameters of prepare()."""

    score_py_uri: str | None = None
    _: KW_ONLY
    impute_values: dict[object, object] | None = None
    use_torch_script: bool | None = None
    onnx_args: object = None


@dataclass(eq=False, repr=False)
class SaveOptions:
    """Be the parameters of save()."""

    bucket_uri: str | None = None
    defined_tags: dict[str, dict[str, object]] | None = None
    description: str | None = None
    display_name: str | None = None
    featurestore_dataset: object | None = None
    freeform_tags: dict[str, str] | None = None
    ignore_introspection: bool | None = False
    model_version_set: str | ModelVersionSet | None = None
    overwrite_existing_artifact: bool | None = True
    parallel_process_count: int = 9
    remove_existing_artifact: bool | None = True
    reload: bool | None = True
    version_label: str | None = None
    model_by_reference: bool | None = False
    _: KW_ONLY
    project_id: str | None = None
    compartment_id: str | None = None
    region: str | None = None
    timeout: float | None = None


@dataclass(init=False, eq=False, repr=False)
class InfrastructureOptions:
    """Say what a deployment runs on."""

    deployment_instance_shape: str | None = None
    deployment_instance_subnet_id: str | None = None
    deployment_instance_private_endpoint_id: str | None = None
    deployment_instance_count: int | None = None
    deployment_bandwidth_mbps: int | None = None
    deployment_log_group_id: str | None = None
    deployment_access_log_id: str | None = None
    deployment_predict_log_id: str | None = None
    deployment_memory_in_gbs: float | None = None
    deployment_ocpus: float | None = None
    deployment_image: str | None = None


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class RuntimeOptions:
    """Say how a deployment runs, what it is tagged with, and how long to wait for it."""

    project_id: str | None = None
    compartment_id: str | None = None
    max_wait_time: float = 1200
    poll_interval: float = 10
    freeform_tags: dict[str, str] | None = None
    defined_tags: dict[str, dict[str, object]] | None = None
    image_digest: str | None = None
    cmd: list[str] | None = None
    entrypoint: list[str] | None = None
    server_port: int | None = None
    health_check_port: int | None = None
    deployment_mode: str | None = None
    input_stream_ids: list[str] | None = None
    output_stream_ids: list[str] | None = None
    environment_variables: dict[str, str] | None = None
    web_concurrency: int | None = None


@dataclass(init=False, eq=False, repr=False)
class _DeploymentNames:
    wait_for_completion: bool | None = True
    display_name: str | None = None
    description: str | None = None


# The fields of the last class come first, as in the reference's signatures.
@dataclass(eq=False, repr=False)
class DeployOptions(RuntimeOptions, InfrastructureOptions, _DeploymentNames):
    """Be the parameters of deploy()."""


@dataclass(init=False, eq=False, repr=False)
class _Names:
    model_display_name: str | None = None
    model_description: str | None = None
    model_freeform_tags: dict[str, str] | None = None
    model_defined_tags: dict[str, dict[str, object]] | None = None
    ignore_introspection: bool | None = False
    wait_for_completion: bool | None = True
    deployment_display_name: str | None = None
    deployment_description: str | None = None


@dataclass(init=False, eq=False, repr=False)
class _Storage:
    bucket_uri: str | None = None
    overwrite_existing_artifact: bool | None = True
    remove_existing_artifact: bool | None = True
    model_version_set: str | ModelVersionSet | None = None
    version_label: str | None = None
    model_by_reference: bool | None = False


@dataclass(init=False, eq=False, repr=False, kw_only=True)
class _Rest:
    impute_values: dict[object, object] | None = None
    use_torch_script: bool | None = None
    onnx_args: object = None
    score_py_uri: str | None = None
    reload: bool | None = True
    featurestore_dataset: object | None = None
    parallel_process_count: int = 9
    region: str | None = None
    timeout: float | None = None


@dataclass(eq=False, repr=False)
class PrepareSaveDeployOptions(_Rest, RuntimeOptions, _Storage, InfrastructureOptions, _Names, ArtifactOptions):
    """Be the parameters of prepare_save_deploy(): every one of the three steps' own."""

    def prepare_options(self) -> PrepareOptions:
        """Return what prepare() gets of them."""
        return _picked(PrepareOptions, self)

    def save_options(self) -> SaveOptions:
        """Return what save() gets of them."""
        return _picked(
            SaveOptions,
            self,
            display_name=self.model_display_name,
            description=self.model_description,
            freeform_tags=self.model_freeform_tags,
            defined_tags=self.model_defined_tags,
        )

    def deploy_options(self) -> DeployOptions:
        """Return what deploy() gets of them."""
        return _picked(
            DeployOptions, self, display_name=self.deployment_display_name, description=self.deployment_description
        )


@dataclass(eq=False, repr=False)
class UpdateDeploymentOptions:
    """Be the parameters of update_deployment(); what is None stays as it is."""

    model_deployment_id: str | None = None
    properties: ModelProperties | dict[str, object] | None = None
    wait_for_completion: bool = True
    max_wait_time: float = 1200
    poll_interval: float = 10
    _: KW_ONLY
    auth: Auth | None = None
    display_name: str | None = None
    description: str | None = None
    freeform_tags: dict[str, str] | None = None
    defined_tags: dict[str, dict[str, object]] | None = None
    model_id: str | None = None
    """The model to serve from now on, in place of the one that is served."""

    shape_name: str | None = None
    shape_config_details: dict[str, float] | None = None
    """``{"ocpus": 2, "memory_in_gbs": 32}``."""

    replica: int | None = None
    bandwidth_mbps: int | None = None
    subnet_id: str | None = None
    private_endpoint_id: str | None = None
    access_log: dict[str, str] | None = None
    """``{"log_id": …, "log_group_id": …}``."""

    predict_log: dict[str, str] | None = None
    environment_variables: dict[str, str] | None = None


@dataclass(eq=False, repr=False)
class FromArtifactOptions:
    """Be the parameters of from_model_artifact()."""

    uri: str
    model_file_name: str | None = None
    artifact_dir: str | None = None
    auth: Auth | None = None
    force_overwrite: bool | None = False
    properties: ModelProperties | dict[str, object] | None = None
    ignore_conda_error: bool | None = False
    _: KW_ONLY
    reload: bool | None = False


@dataclass(init=False, eq=False, repr=False)
class _FromServiceOptions:
    model_file_name: str | None = None
    artifact_dir: str | None = None
    auth: Auth | None = None
    force_overwrite: bool | None = False
    properties: ModelProperties | dict[str, object] | None = None
    bucket_uri: str | None = None
    remove_existing_artifact: bool | None = True
    ignore_conda_error: bool | None = False
    download_artifact: bool | None = True
    _: KW_ONLY
    compartment_id: str | None = None
    timeout: float | None = None
    region: str | None = None
    reload: bool | None = False


@dataclass(init=False, eq=False, repr=False)
class _ModelId:
    model_id: str


@dataclass(init=False, eq=False, repr=False)
class _ModelDeploymentId:
    model_deployment_id: str


@dataclass(init=False, eq=False, repr=False)
class _Ocid:
    ocid: str


@dataclass(eq=False, repr=False)
class FromCatalogOptions(_FromServiceOptions, _ModelId):
    """Be the parameters of from_model_catalog()."""


@dataclass(eq=False, repr=False)
class FromDeploymentOptions(_FromServiceOptions, _ModelDeploymentId):
    """Be the parameters of from_model_deployment()."""

    def catalog_options(self, model_id: str) -> FromCatalogOptions:
        """Return what from_model_catalog() gets of them."""
        return _picked(FromCatalogOptions, self, model_id=model_id)


@dataclass(eq=False, repr=False)
class FromIdOptions(_FromServiceOptions, _Ocid):
    """Be the parameters of from_id()."""

    def catalog_options(self) -> FromCatalogOptions:
        """Return what from_model_catalog() gets of them."""
        return _picked(FromCatalogOptions, self, model_id=self.ocid)

    def deployment_options(self) -> FromDeploymentOptions:
        """Return what from_model_deployment() gets of them."""
        return _picked(FromDeploymentOptions, self, model_deployment_id=self.ocid)


def call_with(method: Callable[..., R], options: object) -> R:
    """Call a method that takes options with the options themselves."""
    return method(**{field.name: getattr(options, field.name) for field in fields(options)})  # type: ignore[arg-type]


def _picked(wanted: Callable[..., R], source: object, **renamed: object) -> R:
    names = inspect.signature(wanted).parameters
    values = {name: renamed.get(name, getattr(source, name, None)) for name in names}
    return wanted(**values)
