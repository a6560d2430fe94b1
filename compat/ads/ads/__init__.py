"""modelyard by the names of oracle-ads: `ads.model.GenericModel` is `modelyard.model.GenericModel`."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from modelyard import __version__

if TYPE_CHECKING:
    from modelyard.common import auth
    from modelyard.common.auth import set_auth

try:
    _other = version("oracle-ads")
except PackageNotFoundError:
    _other = ""
if _other:
    raise ImportError(
        f"modelyard-ads and oracle-ads {_other} are both installed, and both are the package `ads`: uninstall both, "
        "and install again the one that you want."
    )

__all__ = ["__version__", "auth", "set_auth"]


def __getattr__(name: str) -> object:
    from modelyard.common import auth

    if name == "auth":
        return auth
    if name == "set_auth":
        return auth.set_auth
    raise AttributeError(f"module 'ads' has no attribute {name!r}: modelyard has what is below ads.model")


def __dir__() -> list[str]:
    return sorted(__all__)
