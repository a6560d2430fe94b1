"""The network that a configuration asks for: checked and kept, and without effect on one machine."""

from __future__ import annotations

from modelyard import ids
from modelyard.errors import InvalidParameter
from modelyard.resources.deployment import InstancePoolInfrastructureConfigurationDetails, ModelConfigurationDetails

LEAST_BANDWIDTH, MOST_BANDWIDTH = 10, 8000
"""In Mbit/s."""

MOST_RESERVATIONS = 10

_SUBNET = "subnet"
_PRIVATE_ENDPOINT = "datascienceprivateendpoint"
_RESERVATION = "capacityreservation"

_Pool = ModelConfigurationDetails | InstancePoolInfrastructureConfigurationDetails


def check_network(pool: _Pool) -> None:
    """Raise InvalidParameter for a bandwidth out of range, or an id that is none."""
    least, most = pool.bandwidth_mbps, pool.maximum_bandwidth_mbps
    for name, value in (("bandwidthMbps", least), ("maximumBandwidthMbps", most)):
        if value is not None and not LEAST_BANDWIDTH <= value <= MOST_BANDWIDTH:
            raise InvalidParameter(f"{name} is {value}; it takes {LEAST_BANDWIDTH} to {MOST_BANDWIDTH} Mbit/s.")
    if least is not None and most is not None and least > most:
        raise InvalidParameter(f"bandwidthMbps is {least} and over maximumBandwidthMbps, which is {most}.")
    instance = pool.instance_configuration
    _check_id("subnetId", instance.subnet_id, _SUBNET)
    _check_id("privateEndpointId", instance.private_endpoint_id, _PRIVATE_ENDPOINT)
    reservations = instance.capacity_reservation_ids or []
    if len(reservations) > MOST_RESERVATIONS:
        raise InvalidParameter(f"capacityReservationIds has {len(reservations)} ids; {MOST_RESERVATIONS} are allowed.")
    for id in reservations:
        _check_id("capacityReservationIds", id, _RESERVATION)


def network_notes(pool: _Pool) -> list[str]:
    """Return a sentence for each thing that is kept and has no effect."""
    instance = pool.instance_configuration
    given = {
        "subnetId": instance.subnet_id,
        "privateEndpointId": instance.private_endpoint_id,
        "networkAccessType": instance.network_access_type,
        "capacityReservationIds": ", ".join(instance.capacity_reservation_ids or []),
    }
    return [
        f"{name} {value} is kept and has no effect: the replicas run on this machine, behind its gateway."
        for name, value in given.items()
        if value
    ]


def _check_id(name: str, id: str | None, type: str) -> None:
    if id is not None and not ids.is_ocid(id, type):
        raise InvalidParameter(f"{name} is {id!r}; it takes an OCID such as ocid1.{type}.{ids.REALM}.{ids.REGION}.abc.")
