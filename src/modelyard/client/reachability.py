"""Whether a service answers."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from modelyard.client.data_science import DataScienceClient
from modelyard.client.profile import Profile
from modelyard.client.retries import NEVER
from modelyard.client.transport import Timeouts, Transport
from modelyard.errors import ModelyardError


def is_listening(endpoint: str, *, timeout: float = 1.0) -> bool:
    """Tell whether somebody listens at an endpoint, whoever that is."""
    parts = urlsplit(endpoint)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=timeout):
            return True
    except OSError:
        return False


def ping(profile: Profile, *, timeout: float = 5.0) -> ModelyardError | None:
    """Return None where the service answers a signed request, else what stands in the way."""
    timeouts = Timeouts(connect=timeout, answer=timeout)
    transport = Transport(profile, timeouts=timeouts, retries=NEVER)
    with DataScienceClient(profile, transport=transport) as client:
        try:
            list(client.list_model_deployment_shapes(profile.compartment_id or "any"))
        except ModelyardError as error:
            return error
    return None
