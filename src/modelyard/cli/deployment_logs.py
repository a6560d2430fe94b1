"""The logs that a deployment writes: from the options to the logs they name."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import option
from modelyard.cli.names import log_of
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.deployment import CategoryLogDetails

OPTIONS = (
    option("--access-log", metavar="LOG", about="The log that gets an entry for each request: GROUP/LOG or its OCID."),
    option("--predict-log", metavar="LOG", about="The log that gets what the model prints: GROUP/LOG or its OCID."),
    option("--log-group", metavar="NAME_OR_OCID", about="The group of logs that are given by their names alone."),
)
"""What `deployment create` and `update` take."""


def category_logs(
    context: Context, given: Namespace, *, current: CategoryLogDetails | None
) -> CategoryLogDetails | None:
    """Return which logs a deployment is to write; None where the options name none.

    Args:
        context: The command's.
        given: The options.
        current: The logs of the deployment as it is; one that the options leave out stays.

    Raises:
        UsageError: A group is named and no log.
        NotFound: There is no such log or group.
    """
    from modelyard.resources.deployment import CategoryLogDetails

    if given.access_log is None and given.predict_log is None:
        if given.log_group is not None:
            raise UsageError("--log-group is where logs are looked up: give --access-log or --predict-log too.")
        return None
    before = current or CategoryLogDetails()
    group = given.log_group
    return CategoryLogDetails(
        access=before.access if given.access_log is None else log_of(context, given.access_log, group=group),
        predict=before.predict if given.predict_log is None else log_of(context, given.predict_log, group=group),
    )
