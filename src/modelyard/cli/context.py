"""What a command works with: settings, output, and a client where it needs one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from modelyard.cli.output import Output
from modelyard.errors import ConfigurationError, ServiceUnreachable
from modelyard.settings import Settings

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient


class Context:
    """Be what one run of a command works with."""

    def __init__(self, settings: Settings, output: Output) -> None:
        self.settings = settings
        self.output = output
        self.goes_on: str | None = None
        """What goes on by itself if the caller leaves now, as a sentence."""

    @cached_property
    def client(self) -> DataScienceClient:
        """The client of the service that is configured, else of the one in this home.

        Raises:
            ServiceUnreachable: The service is on this machine and nothing listens there.
        """
        from modelyard.client.data_science import DataScienceClient
        from modelyard.client.profile import resolve
        from modelyard.client.reachability import is_listening

        profile = resolve(self.settings)
        if profile.is_loopback and not is_listening(profile.endpoint):
            raise ServiceUnreachable(f"Nobody answers at {profile.endpoint}: the service does not run.")
        return DataScienceClient(profile)

    def close(self) -> None:
        """Close the client, if there is one."""
        if "client" in self.__dict__:
            self.client.close()

    def compartment(self, given: str | None) -> str:
        """Return the compartment to work in: the one given, else the configured one.

        Raises:
            ConfigurationError: There is none.
        """
        compartment_id = given or self.client.profile.compartment_id
        if not compartment_id:
            raise ConfigurationError(
                f"No compartment is configured for {self.client.profile.endpoint}: give --compartment-id, or set "
                "NB_SESSION_COMPARTMENT_OCID."
            )
        return compartment_id

    def project(self, given: str | None) -> str:
        """Return the OCID of the project to work in: the one given by name or OCID, else the configured one.

        Raises:
            ConfigurationError: There is none.
        """
        from modelyard.cli.names import project_id

        if given:
            return project_id(self, given)
        configured = self.client.profile.project_id
        if not configured:
            raise ConfigurationError(
                f"No project is configured for {self.client.profile.endpoint}: give --project, or set PROJECT_OCID."
            )
        return configured
