"""The REST operations of identity, as far as clients of data science call them."""

from __future__ import annotations

from typing import Literal

from modelyard.identity.service import Identity
from modelyard.resources.identity import (
    AvailabilityDomain,
    Compartment,
    IdentityState,
    Region,
    RegionSubscription,
    Tenancy,
    User,
)
from modelyard.resources.noun import Identifier, Noun
from modelyard.wire.operation import Call, Operation, Reply, operation, operations_of
from modelyard.wire.paging import ListQuery, cursor_of

BASE_PATH = "/20160918"


class ListCompartments(ListQuery, frozen=True, kw_only=True):
    """Be what compartments are listed by."""

    compartment_id: Identifier
    access_level: Literal["ANY", "ACCESSIBLE"] | None = None
    compartment_id_in_subtree: bool | None = None
    name: str | None = None
    lifecycle_state: IdentityState | None = None
    sort_by: Literal["TIMECREATED", "NAME"] | None = None


class ListAvailabilityDomains(Noun, frozen=True, kw_only=True):
    """Be whose availability domains are listed."""

    compartment_id: Identifier


def operations(identity: Identity) -> list[Operation]:
    """Return identity's rows of the route table."""
    return operations_of(Identities(identity), base_path=BASE_PATH)


class Identities:
    """Answer for users, tenancies, compartments and regions."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    @operation("GET", "/users/{user_id}", response=User)
    def get_user(self, call: Call) -> Reply:
        """Get the user of this installation."""
        return Reply(body=self._identity.user(call.path["user_id"]))

    @operation("GET", "/tenancies/{tenancy_id}", response=Tenancy)
    def get_tenancy(self, call: Call) -> Reply:
        """Get the tenancy of this installation."""
        return Reply(body=self._identity.tenancy(call.path["tenancy_id"]))

    @operation("GET", "/tenancies/{tenancy_id}/regionSubscriptions", response=RegionSubscription, is_list=True)
    def list_region_subscriptions(self, call: Call) -> Reply:
        """List the regions that the tenancy uses: this one."""
        return Reply(body=list(self._identity.subscriptions(call.path["tenancy_id"])))

    @operation("GET", "/compartments", query=ListCompartments, response=Compartment, is_list=True)
    def list_compartments(self, call: Call) -> Reply:
        """List the compartments in another."""
        query = call.query_as(ListCompartments)
        found = self._identity.compartments_in(query.compartment_id)
        if cursor_of(query, of=str):
            found = []  # one page holds them all
        wanted = {"name": query.name, "lifecycle_state": query.lifecycle_state}
        return Reply(
            body=[each for each in found if all(value in {None, getattr(each, key)} for key, value in wanted.items())]
        )

    @operation("GET", "/compartments/{compartment_id}", response=Compartment)
    def get_compartment(self, call: Call) -> Reply:
        """Get a compartment, or the tenancy as the root of them."""
        return Reply(body=self._identity.compartment(call.path["compartment_id"]))

    @operation("GET", "/availabilityDomains", query=ListAvailabilityDomains, response=AvailabilityDomain, is_list=True)
    def list_availability_domains(self, call: Call) -> Reply:
        """List the availability domains of this region: one."""
        query = call.query_as(ListAvailabilityDomains)
        return Reply(body=list(self._identity.availability_domains(query.compartment_id)))

    @operation("GET", "/regions", response=Region, is_list=True)
    def list_regions(self, _call: Call) -> Reply:
        """List the regions there are: this one."""
        return Reply(body=[self._identity.region_here()])
