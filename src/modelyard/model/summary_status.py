"""The table of what is done on the way from estimator to endpoint, derived from facts; it asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelyard.errors import UsageError
from modelyard.model.states import ModelState

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("Step", "Status", "Details", "Actions Needed")

INITIATED = "Initiated the model"
RUNTIME_YAML = "Generated runtime.yaml"
SCORE_PY = "Generated score.py"
SERIALIZED = "Serialized model"
METADATA = "Populated metadata(Custom, Taxonomy and Provenance)"
VERIFIED = "Local tested .predict from score.py"
INTROSPECTED = "Conducted Introspect Test"
UPLOADED = "Uploaded artifact to model catalog"
DEPLOYED = "Deployed the model"
PREDICTED = "Called deployment predict endpoint"

_DONE, _AVAILABLE = ModelState.DONE.value, ModelState.AVAILABLE.value
_NOT_AVAILABLE, _NOT_APPLICABLE = ModelState.NOTAVAILABLE.value, ModelState.NOTAPPLICABLE.value
_FAILED = "Failed"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Be what has happened to a model so far."""

    is_prepared: bool = False
    is_loaded: bool = False
    """Whether the artifact was made by somebody else: there was nothing to prepare."""

    is_serialized: bool = True
    """Whether prepare() wrote the model's file, rather than leaving it to the user."""

    is_verified: bool = False
    introspection: str | None = None
    """``Passed`` or ``Failed``."""

    is_saved: bool = False
    deployment_state: str | None = None
    """The deployment's state as it was last seen."""


class Row(NamedTuple):
    """Be one row of the table."""

    step: str
    status: str
    detail: str
    action: str = ""


def rows_of(facts: Facts) -> list[Row]:
    """Return the table's rows."""
    ready = facts.is_prepared or facts.is_loaded
    prepared = _NOT_APPLICABLE if facts.is_loaded else _DONE if facts.is_prepared else _AVAILABLE
    serialized, action = prepared, ""
    if facts.is_prepared and not facts.is_serialized:
        serialized = ModelState.NEEDSACTION.value
        action = "Write the model's file into artifact_dir, and load it in score.py."
    failed = facts.introspection == _FAILED
    introspected = (_FAILED if failed else _DONE) if facts.introspection else _step(done=False, possible=ready)
    deployed = facts.deployment_state or _step(done=False, possible=facts.is_saved)
    return [
        Row("initiate", _DONE, INITIATED),
        Row("prepare()", prepared, RUNTIME_YAML),
        Row("prepare()", prepared, SCORE_PY),
        Row("prepare()", serialized, SERIALIZED, action),
        Row("prepare()", prepared, METADATA),
        Row("verify()", _step(done=facts.is_verified, possible=ready), VERIFIED),
        Row("save()", introspected, INTROSPECTED, "Call introspect() and fix what it reports." if failed else ""),
        Row("save()", _step(done=facts.is_saved, possible=ready), UPLOADED),
        Row("deploy()", deployed, DEPLOYED),
        Row("predict()", _step(done=False, possible=facts.deployment_state == "ACTIVE"), PREDICTED),
    ]


def _step(*, done: bool, possible: bool) -> str:
    return _DONE if done else _AVAILABLE if possible else _NOT_AVAILABLE


class SummaryStatus:
    """Be the table, with what the user wrote into it; that stands until the row's own status moves on."""

    def __init__(self) -> None:
        self._facts = Facts()
        self._statuses: dict[str, tuple[str, str]] = {}
        self._actions: dict[str, tuple[str, str]] = {}

    def follow(self, facts: Facts) -> None:
        """Take what has happened."""
        self._facts = facts

    def update_status(self, detail: str, status: str) -> None:
        """Write a status into the row with this detail."""
        self._statuses[detail] = (self._row(detail).status, status)

    def update_action(self, detail: str, action: str) -> None:
        """Write an action into the row with this detail."""
        self._actions[detail] = (self._row(detail).status, action)

    @property
    def rows(self) -> list[Row]:
        """The rows as they are now."""
        return [self._written(row) for row in rows_of(self._facts)]

    @property
    def df(self) -> pd.DataFrame:
        """The table, indexed by step, status and details."""
        import pandas as pd

        frame = pd.DataFrame(self.rows, columns=pd.Index(COLUMNS))
        return frame.set_index(list(COLUMNS[:3]))

    def _row(self, detail: str) -> Row:
        found = next((row for row in rows_of(self._facts) if row.detail == detail), None)
        if found is None:
            details = "; ".join(row.detail for row in rows_of(self._facts))
            raise UsageError(f"No row of the summary has the detail {detail!r}; there are: {details}.")
        return found

    def _written(self, row: Row) -> Row:
        was, status = self._statuses.get(row.detail, ("", ""))
        acted, action = self._actions.get(row.detail, ("", ""))
        written = row._replace(status=status) if was == row.status else row
        return written._replace(action=action) if acted == row.status else written
