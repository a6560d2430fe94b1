"""Every command in one list, in the order in which people meet them."""

from __future__ import annotations

from modelyard.cli import (
    artifact,
    deployment,
    env,
    log,
    log_group,
    model,
    model_group,
    project,
    service,
    shape,
    stream,
    version_set,
    work_request,
)

NOUNS = (
    project.NOUN,
    model.NOUN,
    version_set.NOUN,
    model_group.NOUN,
    deployment.NOUN,
    shape.NOUN,
    stream.NOUN,
    log_group.NOUN,
    log.NOUN,
    work_request.NOUN,
    artifact.NOUN,
)

COMMANDS = (
    *service.COMMANDS,
    *env.COMMANDS,
    *project.COMMANDS,
    *model.COMMANDS,
    *version_set.COMMANDS,
    *model_group.COMMANDS,
    *deployment.COMMANDS,
    *shape.COMMANDS,
    *stream.COMMANDS,
    *log_group.COMMANDS,
    *log.COMMANDS,
    *work_request.COMMANDS,
    *artifact.COMMANDS,
)
