"""Every command in one list, in the order in which people meet them."""

from __future__ import annotations

from modelyard.cli import artifact, deployment, env, model, project, service, shape, work_request

NOUNS = (project.NOUN, model.NOUN, deployment.NOUN, shape.NOUN, work_request.NOUN, artifact.NOUN)

COMMANDS = (
    *service.COMMANDS,
    *env.COMMANDS,
    *project.COMMANDS,
    *model.COMMANDS,
    *deployment.COMMANDS,
    *shape.COMMANDS,
    *work_request.COMMANDS,
    *artifact.COMMANDS,
)
