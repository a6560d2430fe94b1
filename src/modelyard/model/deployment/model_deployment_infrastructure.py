"""What a deployment runs on: shape, count or scaling, bandwidth, network and logs, said field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from modelyard.errors import UsageError
from modelyard.model.builder import (
    Record,
    as_flag,
    as_number,
    as_text,
    as_whole,
    record,
    text,
    texts,
    whole,
)
from modelyard.model.deployment.field_names import InfrastructureNames, ScalingTypes
from modelyard.model.drafted_resource import PlacedBuilder
from modelyard.model.model_properties import DEFAULTS
from modelyard.settings import from_environ

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

_SCALED_BY = ScalingTypes.CONST_SUPPORTED_AUTO_SCALING_TYPES


class InfrastructureFields(TypedDict, total=False):
    """Be what can be said of an infrastructure, by keyword."""

    project_id: str
    compartment_id: str
    shape_name: str
    shape_config_details: Mapping[str, object]
    replica: int
    auto_scaling: Mapping[str, object]
    bandwidth_mbps: int
    access_log: Mapping[str, object]
    predict_log: Mapping[str, object]
    log_group_id: str
    log_id: str
    web_concurrency: int
    subnet_id: str
    private_endpoint_id: str
    capacity_reservation_ids: list[str]
    compute_target_details: Mapping[str, object]


def _scaled_by(value: object) -> str:
    if str(value).lower() not in _SCALED_BY:
        raise ValueError(f"it scales by {' or '.join(_SCALED_BY)}, not by {value!r}.")
    return str(value).lower()


class ModelDeploymentInfrastructure(PlacedBuilder, InfrastructureNames):
    """Be what a deployment runs on; what is not said is as :meth:`ModelDeploymentInfrastructure.build` says.

    Args:
        spec: What it is, by the names of the fields or those in files (``shapeName``).
        kwargs: The same by keyword.

    Raises:
        ValueError: It says something that an infrastructure has not.

    Example:
        >>> small = ModelDeploymentInfrastructure().with_replica(2)
        >>> small.shape_name, small.replica
        ('VM.Standard.E4.Flex', 2)
    """

    KIND = "infrastructure"
    TYPE = "datascienceModelDeployment"

    shape_name = text("What one instance is.")
    shape_config_details = record(
        "How large an instance of a flexible shape is.", ocpus=as_number, memory_in_gbs=as_number, cpu_baseline=as_text
    )
    replica = whole("How many instances run, unless the load says.", least=1)
    auto_scaling = record(
        "Between which counts and by which thresholds the number of instances follows the load.",
        needs=("scaling_type",),
        scaling_type=_scaled_by,
        minimum_instance_count=as_whole,
        maximum_instance_count=as_whole,
        initial_instance_count=as_whole,
        scale_in_threshold=as_whole,
        scale_out_threshold=as_whole,
        cool_down_in_seconds=as_whole,
        is_enabled=as_flag,
    )
    bandwidth_mbps = whole("The bandwidth of the endpoint in Mbps.", least=1)
    access_log = record("The log of requests.", needs=("log_id",), log_group_id=as_text, log_id=as_text)
    predict_log = record("The log of what the model prints.", needs=("log_id",), log_group_id=as_text, log_id=as_text)
    log_group_id = text("The group of both logs, where they name none.")
    log_id = text("The log of both requests and prints, where no other is named.")
    web_concurrency = whole("How many workers one instance has.", least=1)
    subnet_id = text("Its subnet.")
    private_endpoint_id = text("Its private endpoint.")
    capacity_reservation_ids = texts("The reservations that its instances come from.")
    compute_target_details = record(
        "The compute target that it runs on, in place of instances of a shape.",
        needs=("compute_target_id",),
        compute_target_id=as_text,
        ocpus=as_number,
        memory_in_gbs=as_number,
        gpu_count=as_whole,
    )

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: Unpack[InfrastructureFields]) -> None:
        super().__init__(spec, **kwargs)
        self.build()

    def build(self) -> Self:
        """Fill in what can be known without being said; return the infrastructure.

        An instance is a ``VM.Standard.E4.Flex`` with one OCPU and 16 GB; there is one, and the bandwidth is 10 Mbps.
        Project and compartment are the environment's.
        """
        settings = from_environ()
        assumed: dict[str, object] = {
            "project_id": settings.project_id,
            "compartment_id": settings.compartment_id,
            "shape_name": DEFAULTS.deployment_instance_shape,
            "replica": DEFAULTS.deployment_instance_count,
            "bandwidth_mbps": DEFAULTS.deployment_bandwidth_mbps,
        }
        for name, value in assumed.items():
            if self.get_spec(name) is None:
                self.set_spec(name, value)
        if self.shape_config_details is None and str(self.shape_name).endswith(".Flex"):
            self.set_spec(
                "shape_config_details",
                {"ocpus": DEFAULTS.deployment_ocpus, "memory_in_gbs": DEFAULTS.deployment_memory_in_gbs},
            )
        return self

    def with_shape_name(self, shape_name: str) -> Self:
        """Say what one instance is; return the infrastructure."""
        return self.set_spec("shape_name", shape_name)

    def with_shape_config_details(self, ocpus: float, memory_in_gbs: float, *, cpu_baseline: str | None = None) -> Self:
        """Say how large an instance of a flexible shape is; return the infrastructure.

        Args:
            ocpus: Its OCPUs, with two copies of the model each.
            memory_in_gbs: Its memory in GB.
            cpu_baseline: How much of the OCPUs it has at least: ``BASELINE_1_8``, ``BASELINE_1_2`` or ``BASELINE_1_1``.
        """
        size = {"ocpus": ocpus, "memory_in_gbs": memory_in_gbs, "cpu_baseline": cpu_baseline}
        return self.set_spec("shape_config_details", size)

    def with_replica(self, replica: int) -> Self:
        """Say how many instances run; return the infrastructure."""
        return self.set_spec("replica", replica)

    def with_auto_scaling(
        self,
        scaling_type: str,
        minimum_instance_count: int | None = None,
        maximum_instance_count: int | None = None,
        initial_instance_count: int | None = None,
        scale_in_threshold: int | None = None,
        scale_out_threshold: int | None = None,
        cool_down_in_seconds: int | None = None,
        is_enabled: bool | None = None,
    ) -> Self:
        """Let the number of instances follow the load; return the infrastructure.

        Args:
            scaling_type: By what: ``cpu_utilization`` or ``memory_utilization``.
            minimum_instance_count: The fewest; by default 1.
            maximum_instance_count: The most; by default 3.
            initial_instance_count: How many there are at first; by default the fewest.
            scale_in_threshold: Below how many percent one goes; by default 30.
            scale_out_threshold: Above how many percent one comes; by default 70.
            cool_down_in_seconds: How long to rest after a change; by default as the service does.
            is_enabled: Whether it is on; by default it is.

        Raises:
            ValueError: The type is none of these, or a count or threshold is no number.
        """
        said: Record = {
            "scaling_type": scaling_type,
            "minimum_instance_count": minimum_instance_count,
            "maximum_instance_count": maximum_instance_count,
            "initial_instance_count": initial_instance_count,
            "scale_in_threshold": scale_in_threshold,
            "scale_out_threshold": scale_out_threshold,
            "cool_down_in_seconds": cool_down_in_seconds,
            "is_enabled": is_enabled,
        }
        return self.set_spec("auto_scaling", said)

    def with_bandwidth_mbps(self, bandwidth_mbps: int) -> Self:
        """Say the bandwidth of the endpoint in Mbps; return the infrastructure."""
        return self.set_spec("bandwidth_mbps", bandwidth_mbps)

    def with_access_log(self, log_group_id: str, log_id: str) -> Self:
        """Say the log of requests; return the infrastructure."""
        return self.set_spec("access_log", {"log_group_id": log_group_id, "log_id": log_id})

    def with_predict_log(self, log_group_id: str, log_id: str) -> Self:
        """Say the log of what the model prints; return the infrastructure."""
        return self.set_spec("predict_log", {"log_group_id": log_group_id, "log_id": log_id})

    def with_category_log(self, log_type: str, group_id: str, log_id: str) -> Self:
        """Say one of the two logs; return the infrastructure.

        Args:
            log_type: ``access`` or ``predict``.
            group_id: The log's group.
            log_id: The log.

        Raises:
            ValueError: There is no such log.
        """
        if log_type not in ("access", "predict"):
            raise UsageError(f"log_type is {log_type!r}; a deployment writes access and predict logs.")
        return self.set_spec(f"{log_type}_log", {"log_group_id": group_id, "log_id": log_id})

    def with_log_group_id(self, log_group_id: str) -> Self:
        """Say the group of both logs, where they name none; return the infrastructure."""
        return self.set_spec("log_group_id", log_group_id)

    def with_log_id(self, log_id: str) -> Self:
        """Say the log of both requests and prints, where no other is named; return the infrastructure."""
        return self.set_spec("log_id", log_id)

    def with_web_concurrency(self, web_concurrency: int) -> Self:
        """Say how many workers one instance has; return the infrastructure."""
        return self.set_spec("web_concurrency", web_concurrency)

    def with_subnet_id(self, subnet_id: str) -> Self:
        """Say its subnet; return the infrastructure."""
        return self.set_spec("subnet_id", subnet_id)

    def with_private_endpoint_id(self, private_endpoint_id: str) -> Self:
        """Say its private endpoint; return the infrastructure."""
        return self.set_spec("private_endpoint_id", private_endpoint_id)

    def with_capacity_reservation_ids(self, capacity_reservation_ids: list[str]) -> Self:
        """Say the reservations that its instances come from; return the infrastructure."""
        return self.set_spec("capacity_reservation_ids", capacity_reservation_ids)

    def with_compute_target(self, compute_target_details: Mapping[str, object]) -> Self:
        """Say the compute target that it runs on, in place of instances of a shape; return the infrastructure.

        Args:
            compute_target_details: ``{"compute_target_id": …, "ocpus": 2, "memory_in_gbs": 32, "gpu_count": 0}``.
        """
        return self.set_spec("compute_target_details", compute_target_details)
