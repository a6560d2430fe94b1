"""Identity: one user, in one compartment of one tenancy, in one region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelyard.errors import NotFound
from modelyard.resources.identity import (
    AvailabilityDomain,
    Compartment,
    Region,
    RegionSubscription,
    Tenancy,
    User,
    UserCapabilities,
)

NAME = "modelyard"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Be who and where an installation is."""

    tenancy_id: str
    user_id: str
    compartment_id: str
    region: str
    since: Callable[[], datetime]
    """When the installation was made."""

    def user(self, id: str) -> User:
        """Return the user with an OCID."""
        if id != self.user_id:
            raise NotFound(f"There is no user {id}: the one here is {self.user_id}.")
        return User(
            id=id,
            compartment_id=self.tenancy_id,
            name=NAME,
            description="The user of this installation.",
            time_created=self.since(),
            lifecycle_state="ACTIVE",
            is_mfa_activated=False,
            capabilities=UserCapabilities(),
        )

    def tenancy(self, id: str) -> Tenancy:
        """Return the tenancy with an OCID."""
        if id != self.tenancy_id:
            raise NotFound(f"There is no tenancy {id}: the one here is {self.tenancy_id}.")
        return Tenancy(
            id=id,
            name=NAME,
            description="The tenancy of this installation.",
            home_region_key=self.region_here().key,
        )

    def compartment(self, id: str) -> Compartment:
        """Return the compartment with an OCID; the tenancy is the root of them."""
        for compartment in (self._root(), *self.compartments_in(self.tenancy_id)):
            if compartment.id == id:
                return compartment
        raise NotFound(f"There is no compartment {id}: the one here is {self.compartment_id}.")

    def compartments_in(self, id: str) -> list[Compartment]:
        """Return the compartments that are in another."""
        if id not in {self.tenancy_id, self.compartment_id}:
            raise NotFound(f"There is no compartment {id}: the one here is {self.compartment_id}.")
        if id == self.compartment_id:
            return []
        return [self._compartment(self.compartment_id, "default", "The compartment of this installation.")]

    def availability_domains(self, compartment_id: str) -> list[AvailabilityDomain]:
        """Return the availability domains that a compartment may use."""
        within = self.compartment(compartment_id).id
        return [AvailabilityDomain(name=f"{self.region}-AD-1", id=f"{self.region}-ad-1", compartment_id=within)]

    def region_here(self) -> Region:
        """Return the region that this installation is."""
        return Region(key=self.region.upper(), name=self.region)

    def subscriptions(self, tenancy_id: str) -> list[RegionSubscription]:
        """Return the regions that a tenancy uses."""
        self.tenancy(tenancy_id)
        region = self.region_here()
        return [RegionSubscription(region_key=region.key, region_name=region.name, status="READY", is_home_region=True)]

    def _root(self) -> Compartment:
        return self._compartment(self.tenancy_id, NAME, "The root compartment: the tenancy.")

    def _compartment(self, id: str, name: str, description: str) -> Compartment:
        return Compartment(
            id=id,
            compartment_id=self.tenancy_id,
            name=name,
            description=description,
            time_created=self.since(),
            lifecycle_state="ACTIVE",
            is_accessible=True,
        )
