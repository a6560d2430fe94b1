"""Introspection: the tests that an artifact has to pass before it is saved."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact import introspect, layout
from modelyard.artifact.introspect import Introspection
from modelyard.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from modelyard.model.model_metadata import ModelTaxonomyMetadata


class TEST_STATUS(str):  # noqa: N801 (the reference's name)
    """Name the results of a test."""

    __slots__ = ()
    __test__ = False  # pytest: it is no test

    PASSED = introspect.PASSED
    NOT_PASSED = introspect.FAILED
    NOT_TESTED = introspect.SKIPPED


class IntrospectionNotPassed(UsageError):
    """The artifact failed a test, and save() was not told to go on regardless."""


class Introspectable(ABC):
    """Be something with an artifact that can be introspected."""

    artifact_dir: str | None
    metadata_taxonomy: ModelTaxonomyMetadata


@dataclass
class PrintItem:
    """Be one line of the results."""

    key: str = ""
    case: str = ""
    result: str = ""
    message: str = ""

    def to_list(self) -> list[str]:
        """Return the line as a list."""
        return [self.key, self.case, self.result, self.message]


class ModelIntrospect:
    """Run the tests on a model's artifact and keep what they say.

    Args:
        artifact: The model, or whatever else has an ``artifact_dir``.

    Raises:
        ValueError: There is no artifact.
        TypeError: It cannot be introspected.
    """

    def __init__(self, artifact: Introspectable) -> None:
        if artifact is None:
            raise UsageError("There is no model to introspect.")
        if not isinstance(artifact, Introspectable):
            raise TypeError(f"A {type(artifact).__name__} cannot be introspected: pass a model.")
        self._artifact = artifact
        self._result = introspect.untested()

    @property
    def result(self) -> Introspection:
        """The results in full."""
        return self._result

    @property
    def status(self) -> str:
        """``Passed``, ``Failed``, or ``Skipped`` before a run."""
        return self._result.status

    @property
    def failures(self) -> int:
        """How many tests failed."""
        return self._result.failures

    def run(self) -> pd.DataFrame:
        """Run the tests, write ``test_json_output.json`` and the taxonomy, and return the results as a table.

        A folder with neither score.py nor runtime.yaml fails, and nothing is written into it.

        Raises:
            FileNotFoundError: There is no artifact folder.
        """
        self.examine()
        return self.to_dataframe()

    def __call__(self) -> pd.DataFrame:
        """Run the tests."""
        return self.run()

    def examine(self) -> Introspection:
        """Run the tests as :meth:`run` does, without the table."""
        self._result = introspect.untested()
        folder = Path(self._artifact.artifact_dir or "")
        if not self._artifact.artifact_dir or not folder.is_dir():
            raise FileNotFoundError(f"There is no artifact folder {self._artifact.artifact_dir}: call prepare() first.")
        self._result = introspect.introspect(folder)
        self._artifact.metadata_taxonomy["ArtifactTestResults"].update(dict(self._result.report))
        if any((folder / name).is_file() for name in (layout.SCORE_PY, layout.RUNTIME_YAML)):  # else it is no artifact
            introspect.write_report(self._result, folder)
        return self._result

    def to_dataframe(self) -> pd.DataFrame:
        """Return the results as a table, sorted by key."""
        import pandas as pd

        rows = [PrintItem(*row).to_list() for row in self._result.to_rows()]
        return pd.DataFrame(rows, columns=pd.Index(introspect.COLUMNS))
