"""What a model tells of itself: its estimator, and the table of what is done, also in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from modelyard.artifact.estimator import EstimatorFacts, describe_estimator
from modelyard.model.model_metadata_mixin import MetadataMixin
from modelyard.model.notebook_view import table_of, view
from modelyard.model.summary_status import COLUMNS, Facts, SummaryStatus

if TYPE_CHECKING:
    import pandas as pd


class DescribedModel(MetadataMixin):
    """Be a model that tells what it is and how far it has come."""

    estimator: object
    _facts: Facts
    _summary_status: SummaryStatus

    @property
    def algorithm(self) -> str | None:
        """The name of the estimator's class."""
        return self._described.algorithm

    @property
    def framework(self) -> str | None:
        """The library that trained it: a word of :class:`~modelyard.model.model_metadata.Framework`."""
        return self._described.framework

    @property
    def version(self) -> str | None:
        """The version of that library."""
        return self._described.framework_version

    @property
    def hyperparameter(self) -> dict[str, str] | None:
        """The estimator's own parameters."""
        return self._described.hyperparameters

    def _describe(self, estimator: object) -> EstimatorFacts:
        return describe_estimator(estimator)

    def _own_predict(self) -> Callable[[object], object] | None:
        """Return what tells the estimator's own answer to a sample, in this process; None where nothing does."""
        predict = getattr(self.estimator, "predict", self.estimator)  # a function is its own
        return predict if callable(predict) else None

    def summary_status(self) -> pd.DataFrame:
        """Return the table of what is done and what can be done next; it asks nobody."""
        self._summary_status.follow(self._facts_now())
        return self._summary_status.df

    def update_summary_status(self, detail: str, status: str) -> None:
        """Write a status into the summary's row with this detail."""
        self._summary_status.follow(self._facts_now())
        self._summary_status.update_status(detail, status)

    def update_summary_action(self, detail: str, action: str) -> None:
        """Write what the user has to do into the summary's row with this detail."""
        self._summary_status.follow(self._facts_now())
        self._summary_status.update_action(detail, action)

    def _facts_now(self) -> Facts:
        return self._facts

    def _known(self) -> dict[str, object]:
        """Return what a notebook tells of the model."""
        algorithm = " ".join(part for part in (self.framework, self.version, self.algorithm) if part)
        return {"algorithm": algorithm, "artifact_dir": self.artifact_dir, "model file": self.model_file_name}

    def _repr_html_(self) -> str:
        self._summary_status.follow(self._facts_now())
        return view(type(self).__name__, self._known(), table_of(COLUMNS, self._summary_status.rows))
