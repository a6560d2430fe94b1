"""Save or pull a large artifact and be killed in the middle. Run by path: save|pull, FOLDER, MODEL or -, and when.

When is ``step N``, at the N-th step that is reported, or ``share X``, after that share of the bytes; or ``never``.
It prints the model's id at the end.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from modelyard.client.connecting import connect
from modelyard.model import loading, saving
from modelyard.model.unfinished import UnfinishedSaves
from modelyard.resources.model import CreateModelDetails
from modelyard.settings import from_environ


class Killer:
    """A reporter that dies where it is told to: SIGKILL, as from outside."""

    def __init__(self, when: str) -> None:
        how, _, number = when.partition(" ")
        self.steps = int(number) if how == "step" else -1
        self.share = float(number) if how == "share" else 2.0
        self.is_transfer = False

    def step(self, what: str) -> None:
        self.is_transfer = what.startswith(("uploading", "downloading"))
        if self.steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.steps -= 1

    def amount(self, done: int, total: int) -> None:
        if self.is_transfer and done >= self.share * total:
            os.kill(os.getpid(), signal.SIGKILL)

    def line(self, message: str, percent: float) -> None:
        pass


def main(verb: str, folder: Path, model_id: str, when: str) -> None:
    """Do it."""
    with connect() as client:
        if verb == "pull":
            loading.download(client, model_id, folder, force_overwrite=False, reporter=Killer(when))
            return
        profile = client.profile
        details = CreateModelDetails(
            compartment_id=str(profile.compartment_id), project_id=str(profile.project_id), display_name="killed"
        )
        draft = saving.Draft(source=folder, details=details)
        saves = UnfinishedSaves(from_environ().saves)
        print(saving.save_artifact(client, draft, saves=saves, reporter=Killer(when)).model_id)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
