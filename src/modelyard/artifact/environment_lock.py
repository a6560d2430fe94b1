"""The environment that trains, described so that it can serve and be made again."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact.digests import digest_of_bytes
from modelyard.artifact.runtime_yaml import PUBLISHED, InferenceEnvironment, TrainingEnvironment

if TYPE_CHECKING:
    from importlib.metadata import Distribution


@dataclass(frozen=True, order=True)
class Package:
    """Be one installed distribution."""

    name: str
    """In the normal form: lower case, with ``-``."""

    version: str
    origin: str = ""
    """Where it was installed from when that was no index: a URL, a local folder, ``editable`` before it."""


@dataclass(frozen=True)
class EnvironmentLock:
    """Be an environment: its Python, its place and what is installed in it."""

    python_version: str
    prefix: str
    packages: tuple[Package, ...]

    @property
    def digest(self) -> str:
        """The digest of the Python version and of all names and versions, whatever the place."""
        lines = [f"python=={self.python_version}", *(f"{each.name}=={each.version}" for each in self.packages)]
        return digest_of_bytes("\n".join(lines).encode())

    def has(self, distribution: str) -> bool:
        """Tell whether a distribution, by its name in the normal form, is installed."""
        return any(each.name == distribution for each in self.packages)

    @property
    def slug(self) -> str:
        """A short name, such as ``py311-0f3c5a7b9d21``."""
        major, minor = self.python_version.split(".")[:2]
        return f"py{major}{minor}-{self.digest.removeprefix('sha256:')[:12]}"

    @property
    def path(self) -> str:
        """What INFERENCE_ENV_PATH says of it: ``file://<prefix>``."""
        return Path(self.prefix).absolute().as_uri()

    def to_inference(self) -> InferenceEnvironment:
        """Return it as the environment to serve in."""
        return InferenceEnvironment(path=self.path, python_version=self.python_version, slug=self.slug, type=PUBLISHED)

    def to_training(self) -> TrainingEnvironment:
        """Return it as the environment that trained."""
        return TrainingEnvironment(path=self.path, python_version=self.python_version, slug=self.slug, type=PUBLISHED)

    def requirements(self) -> str:
        """Return the text of a requirements.txt that pins every package; local ones are comments."""
        head = [
            "# The environment that this model was trained in.",
            f"# Python {self.python_version}, {self.digest}",
        ]
        return "\n".join([*head, *(_requirement(each) for each in self.packages)]) + "\n"


def describe_environment() -> EnvironmentLock:
    """Describe the environment of the running interpreter."""
    from importlib.metadata import distributions

    return lock_of(distributions(), python_version=platform.python_version(), prefix=sys.prefix)


def lock_of(installed: Iterable[Distribution], *, python_version: str, prefix: str) -> EnvironmentLock:
    """Return the lock of these distributions; of two with one name the first counts, as it does for imports."""
    packages: dict[str, Package] = {}
    for each in installed:
        if "Name" in each.metadata and "Version" in each.metadata:  # a broken installation may leave neither
            normal = re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower()
            packages.setdefault(normal, Package(normal, each.version, _origin(each)))
    return EnvironmentLock(python_version=python_version, prefix=prefix, packages=tuple(sorted(packages.values())))


def _origin(each: Distribution) -> str:
    text = each.read_text("direct_url.json")
    if not text:
        return ""
    import json

    try:
        record = json.loads(text)
        url = str(record["url"])
        editable = record.get("dir_info", {}).get("editable", False)
    except (ValueError, KeyError, AttributeError, TypeError):
        return "an unknown place"
    if url.startswith("file:"):  # the place itself says too much about the author's machine
        return "an editable folder" if editable else "a local file or folder"
    return re.sub(r"//[^/@]*@", "//", url)  # without the password that may be in it


def _requirement(package: Package) -> str:
    pin = f"{package.name}=={package.version}"
    return f"# {pin} was installed from {package.origin}" if package.origin else pin
