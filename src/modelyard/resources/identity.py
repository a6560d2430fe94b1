"""Identity: who asks, and in which tenancy, compartment and region."""

from __future__ import annotations

from typing import Literal

from modelyard.resources.noun import DefinedTags, FreeformTags, Moment, Noun

IdentityState = Literal["CREATING", "ACTIVE", "INACTIVE", "DELETING", "DELETED"]


class UserCapabilities(Noun, frozen=True, kw_only=True):
    """Tell by what a user may prove who it is."""

    can_use_console_password: bool = False
    can_use_api_keys: bool = True
    can_use_auth_tokens: bool = False
    can_use_smtp_credentials: bool = False
    can_use_db_credentials: bool = False
    can_use_customer_secret_keys: bool = False
    can_use_o_auth2_client_credentials: bool = False


class User(Noun, frozen=True, kw_only=True):
    """Be a user."""

    id: str
    compartment_id: str
    name: str
    description: str
    time_created: Moment
    lifecycle_state: IdentityState
    is_mfa_activated: bool
    capabilities: UserCapabilities
    email: str | None = None
    email_verified: bool | None = None
    db_user_name: str | None = None
    identity_provider_id: str | None = None
    external_identifier: str | None = None
    inactive_status: int | None = None
    last_successful_login_time: Moment | None = None
    previous_successful_login_time: Moment | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}


class Compartment(Noun, frozen=True, kw_only=True):
    """Be a compartment; the tenancy is the root of them."""

    id: str
    compartment_id: str
    name: str
    description: str
    time_created: Moment
    lifecycle_state: IdentityState
    inactive_status: int | None = None
    is_accessible: bool | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}


class Tenancy(Noun, frozen=True, kw_only=True):
    """Be a tenancy."""

    id: str
    name: str
    description: str
    home_region_key: str
    upi_idcs_compatibility_layer_endpoint: str | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}


class AvailabilityDomain(Noun, frozen=True, kw_only=True):
    """Be an availability domain."""

    name: str
    id: str
    compartment_id: str


class Region(Noun, frozen=True, kw_only=True):
    """Be a region."""

    key: str
    name: str


class RegionSubscription(Noun, frozen=True, kw_only=True):
    """Be a region that a tenancy uses."""

    region_key: str
    region_name: str
    status: Literal["READY", "IN_PROGRESS"]
    is_home_region: bool
