"""From nothing, or from what is configured, to a client of a service that runs."""

from __future__ import annotations

from modelyard.client.autostart import ensure_running
from modelyard.client.data_science import DataScienceClient
from modelyard.client.default_auth import chosen
from modelyard.client.profile import Auth, endpoint_of, resolve
from modelyard.client.transport import Timeouts, Transport
from modelyard.settings import Settings, from_environ


def connect(
    *,
    endpoint: str | None = None,
    auth: Auth | None = None,
    settings: Settings | None = None,
    timeouts: Timeouts | None = None,
) -> DataScienceClient:
    """Return a client; with no endpoint configured, of the service of this machine, which is started where needed.

    Args:
        endpoint: The address of the service.
        auth: A dictionary with ``config`` or ``signer``, and ``client_kwargs`` with a ``service_endpoint``; by default
            what :func:`modelyard.common.auth.set_auth` chose.
        settings: The environment; by default that of the process.
        timeouts: How long to wait for connections and answers.

    Raises:
        ConfigurationError: What is configured makes no sense.
        ServiceUnreachable: The service of this machine could not be started.
    """
    settings = settings or from_environ()
    auth = auth if auth is not None else chosen()
    named = endpoint or endpoint_of(auth) or settings.endpoint
    if not named:
        ensure_running(settings)
    profile = resolve(settings, endpoint=endpoint, auth=auth)
    return DataScienceClient(profile, transport=Transport(profile, timeouts=timeouts))
