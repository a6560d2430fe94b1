"""The host names under which official clients look for the service when they know its region and no endpoint.

They resolve nowhere: clients reach them through the gateway's CONNECT.
"""

from __future__ import annotations

from modelyard import ids

DOMAIN = "modelyard.internal"
"""The domain of the realm; ``.internal`` is reserved for private use and will never be anybody's."""

REGION_METADATA = {
    "realmKey": ids.REALM,
    "realmDomainComponent": DOMAIN,
    "regionKey": "lc1",
    "regionIdentifier": ids.REGION,
}
"""The region as the official clients take it, from ``OCI_REGION_METADATA`` or ``regions-config.json``."""

_REGION = f"{ids.REGION}.oci.{DOMAIN}"
_DUAL_STACK = f"{ids.REGION}.ds.oci.{DOMAIN}"

PATTERNS = (
    f"*.{ids.REGION}.{DOMAIN}",
    f"*.{_REGION}",
    f"*.{_DUAL_STACK}",
    # services with two labels: md.datascience, ingestion.logging, cell-1.streaming, <namespace>.objectstorage
    *(f"*.{service}.{_REGION}" for service in ("datascience", "logging", "objectstorage", "streaming")),
    f"*.logging.{_DUAL_STACK}",
    # ocifs does not ask for the realm's domain where it is given a region
    f"objectstorage.{ids.REGION}.oraclecloud.com",
    # the introspection of oracle-ads reads the index of service packs here, whatever the region is
    "objectstorage.us-ashburn-1.oraclecloud.com",
)
"""The hosts that the service answers for; ``*`` stands for one label, as in certificates."""

PERMITTED = (DOMAIN, *(pattern for pattern in PATTERNS if not pattern.startswith("*")))
"""The domains outside of which no certificate of the local authority is valid."""

_OWNED = frozenset(PATTERNS)


def is_owned(host: str) -> bool:
    """Tell whether the service answers for a host."""
    name = host.lower().removesuffix(".")
    first, _, rest = name.partition(".")
    return name in _OWNED or (bool(first) and f"*.{rest}" in _OWNED)
