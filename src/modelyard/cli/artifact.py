"""The artifact commands: judge, test and try one on this machine, without the service."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.cli.artifact_source import as_folder
from modelyard.cli.command import Command, Noun, argument, option
from modelyard.cli.output import Section
from modelyard.cli.payload import CONTENT_TYPE, DATA, print_answer, read_payload
from modelyard.errors import PredictionFailed

if TYPE_CHECKING:
    from modelyard.artifact.introspect import Finding
    from modelyard.artifact.layout import Judgement
    from modelyard.cli.context import Context

NOUN = Noun(name="artifact", summary="Artifacts: folders with score.py and runtime.yaml, before they are saved.")

_NOT_PASSED = 1


def check(context: Context, given: Namespace) -> None:
    """Judge an artifact."""
    from modelyard.artifact.layout import judge

    with as_folder(given.artifact) as folder:
        judgement = judge(folder)
    environment = judgement.runtime.environment if judgement.runtime else None
    thing = {
        "artifact": str(given.artifact),
        "environment": environment.path if environment else None,
        "warnings": judgement.warnings,
    }
    values = {
        "environment": environment.path if environment else "the default one",
        "python": (environment.python_version if environment else None) or None,
    }
    context.output.sections(thing, [Section(f"{given.artifact} can be deployed", values)])
    _warn(context, judgement)


def introspect(context: Context, given: Namespace) -> int:
    """Run the introspection tests."""
    from modelyard.artifact import introspect as tests

    with as_folder(given.artifact) as folder:
        result = tests.introspect(folder)
    if context.output.format == "json":
        context.output.json(result.report)
    else:
        context.output.table(result.tests, _row, nothing="There are no tests.")
    if result.failures:
        context.output.note(f"{result.failures} test{'' if result.failures == 1 else 's'} failed.")
        return _NOT_PASSED
    return 0


def run(context: Context, given: Namespace) -> None:
    """Answer one prediction."""
    from modelyard.artifact.layout import judge
    from modelyard.serving.session import ModelSession

    body = read_payload(given.data)
    with as_folder(given.artifact) as folder:
        judgement = judge(folder)
        _warn(context, judgement)
        python = given.python or _interpreter(context, judgement)
        with ModelSession(folder, python=python) as session:
            answer = session.predict(body, given.content_type)
            if answer.status >= 400:
                raise PredictionFailed(_failure(answer.body, session.log))
    print_answer(context, answer.body, content_type=answer.content_type)


def _row(one: Finding) -> dict[str, object]:
    return {
        "TEST": one.description,
        "RESULT": one.status,
        "MESSAGE": one.message or None,
    }


def _interpreter(context: Context, judgement: Judgement) -> Path:
    from modelyard.artifact.interpreters import checked_interpreter

    environment = judgement.runtime.environment if judgement.runtime else None
    return checked_interpreter(environment) if environment else Path(context.settings.default_python)


def _failure(body: bytes, log: str) -> str:
    from modelyard.wire.faults import fault_of

    said = fault_of(status=500, body=body).message
    printed = log.strip()
    return f"{said}\nWhat the model printed:\n{printed}" if printed else said


def _warn(context: Context, judgement: Judgement) -> None:
    for warning in judgement.warnings:
        context.output.note(f"warning: {warning}")


_ARTIFACT = argument("artifact", metavar="FOLDER_OR_ZIP", convert=Path, about="The artifact.")

COMMANDS = (
    Command(
        path=("artifact", "check"),
        summary="Tell whether an artifact can be deployed, without running any of it.",
        example="modelyard artifact check ./artifact",
        run=check,
        arguments=(_ARTIFACT,),
    ),
    Command(
        path=("artifact", "introspect"),
        summary="Run the introspection tests on an artifact and show every result.",
        details="The exit status is 1 where a test fails.",
        example="modelyard artifact introspect ./artifact.zip",
        run=introspect,
        arguments=(_ARTIFACT,),
    ),
    Command(
        path=("artifact", "run"),
        summary="Answer one prediction with the worker that would serve the artifact, on this machine.",
        example="modelyard artifact run ./artifact '[[5.1, 3.5, 1.4, 0.2]]'",
        run=run,
        arguments=(
            _ARTIFACT,
            DATA,
            CONTENT_TYPE,
            option("--python", metavar="PATH", about="The interpreter; by default the one that runtime.yaml names."),
        ),
    ),
)
