"""The files that replicas print to, with the logs that their deployments name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.deployments import store
from modelyard.deployments.replica_files import ReplicaFiles, log_folder
from modelyard.logs import readings
from modelyard.logs.lines import PrintedFile
from modelyard.resources.deployment import ModelDeployment
from modelyard.settings import Settings


class PrintedFiles:
    """Look for files that replicas print to.

    Args:
        database: Where the deployments are.
        settings: Where the files are.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def find(self) -> list[PrintedFile]:
        """Return the files of every deployment, and those of deleted ones that were not read to their end."""
        with self._database.read() as tx:
            living = [deployment.noun for deployment in store.living(tx)]
            left = self._left_behind(tx, {noun.id for noun in living})
        files = [
            self._file(path, noun) for noun in living for path in log_folder(self._settings, noun.id).glob("*.log")
        ]
        return [*files, *left]

    def _left_behind(self, tx: sa.Connection, living: set[str]) -> Iterator[PrintedFile] | list[PrintedFile]:
        known = readings.all_of(tx)
        found = []
        for name, deployment_id in readings.files_by_deployment(tx).items():
            path = self._settings.home / name
            deployment = None if deployment_id in living else store.deployments.find(tx, deployment_id)
            if deployment is None or not path.exists():
                continue
            file = self._file(path, deployment.noun)
            if not file.is_complete or known[name].read_to < path.stat().st_size:
                found.append(file)
        return found

    def _file(self, path: Path, deployment: ModelDeployment) -> PrintedFile:
        logs = deployment.category_log_details
        return PrintedFile(
            path=path,
            deployment_id=deployment.id,
            replica_id=path.stem,
            log_id=logs.predict.log_id if logs and logs.predict else None,
            is_complete=not ReplicaFiles(self._settings, path.stem).folder.exists(),
        )
