"""Generated stories: each step takes the ids that earlier answers said, along the links of the OpenAPI document."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.control import TransitionController
from schemathesis.specs.openapi.checks import ignored_auth

CHAPTERS = {
    "models": r"^/20190101/(projects|models)",
    "versions": r"^/20190101/(modelVersionSets|modelGroups|modelGroupVersionHistory)",
    "deployments": r"^/20190101/(modelDeployments|workRequests)",
    "objects": r"^/20160918/|^/(n|workRequests)\b",
    "uploads": r"/b$|/b/{bucket_name}/(u|o)\b",
    "streams": r"^/20180418/",
    "logs": r"^/20200531/",
}
"""What stories are about: the paths of the operations that they are made of."""

SEND_PART = "PUT /n/{namespace_name}/b/{bucket_name}/u/{object_name}"
COMMIT = "POST /n/{namespace_name}/b/{bucket_name}/u/{object_name}"

#: What the stories of a chapter are to get done, each at least once, with ids that earlier answers said.
REACHED = {
    "models": {
        "POST /20190101/models",
        "POST /20190101/models/{model_id}/artifact",
        "PUT /20190101/models/{model_id}",
    },
    "versions": {
        "POST /20190101/modelGroups",
        "POST /20190101/modelVersionSets/{model_version_set_id}/actions/changeCompartment",
        "DELETE /20190101/modelVersionSets/{model_version_set_id}",
    },
    "deployments": {
        "POST /20190101/modelDeployments",
        "PUT /20190101/modelDeployments/{model_deployment_id}",
        "POST /20190101/modelDeployments/{model_deployment_id}/actions/deactivate",
        "POST /20190101/modelDeployments/{model_deployment_id}/actions/activate",
        "DELETE /20190101/modelDeployments/{model_deployment_id}",
        "GET /20190101/workRequests/{work_request_id}/logs",
    },
    "objects": {
        "POST /n/{namespace_name}/b",
        "PUT /n/{namespace_name}/b/{bucket_name}/o/{object_name}",
        "POST /n/{namespace_name}/b/{bucket_name}/p",
    },
    "uploads": {SEND_PART, COMMIT, "GET /n/{namespace_name}/b/{bucket_name}/o/{object_name}"},
    "streams": {
        "POST /20180418/streams/{stream_id}/messages",
        "GET /20180418/streams/{stream_id}/messages",
        "POST /20180418/streams/{stream_id}/groupCursors",
    },
    "logs": {"POST /20200531/logGroups/{log_group_id}/logs", "DELETE /20200531/logGroups/{log_group_id}"},
}

STORIES = 6

PATIENCE = 24
"""How many stories are told until all of that has been done; hypothesis draws others where other modules are loaded."""

STORY = settings(
    max_examples=2,  # the first is the simplest that there is
    stateful_step_count=35,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class FromTheBeginning(TransitionController):
    """Begin a story with what needs no id; ids made up are the per-operation test's."""

    def __init__(self, transitions, roots):
        # what does not begin here is no root at all: else the others wait for it to be called, and no step can be taken
        super().__init__(transitions, [each for each in roots if "{" not in each.replace("{namespace_name}", "")])

    def allow_root_transition(self, source, bundles):
        return source in self.roots and super().allow_root_transition(source, bundles)


def told(
    generating: Any, chapter: str, *, stories: int = STORIES, patience: int = PATIENCE
) -> tuple[list[tuple[str, int]], list[str]]:
    """Tell the stories of a chapter; return each step and its answer's status, and what is wrong."""
    template = generating.furnished()
    schema = generating.schema(template).include(path_regex=CHAPTERS[chapter])
    schema.config.generation.update(with_security_parameters=False)
    steps: list[tuple[str, int]] = []
    problems: list[str] = []

    class Story(schema.as_state_machine()):
        def setup(self) -> None:
            self.world = template.again()
            self.parts: dict[str, dict[int, str]] = {}
            self.control = FromTheBeginning(self._transitions, self._root_labels)

        def get_call_kwargs(self, _case):
            return {"app": self.world.app}

        def before_call(self, case):
            generating.make_consistent(case, self.world.named_in_bodies())
            is_positive = case.meta.generation.mode is GenerationMode.POSITIVE
            if case.operation.label == COMMIT and is_positive and isinstance(case.body, dict):
                sent = self.parts.get(case.query.get("uploadId"), {1: "none"})
                case.body["partsToCommit"] = [{"partNum": number, "etag": etag} for number, etag in sent.items()]
                case.body.pop("partsToExclude", None)

        def validate_response(self, response, case, **_):
            step = self.recorder.cases[case.id]
            is_led_to = "{" not in case.operation.path or (step.transition is not None and step.is_transition_applied)
            steps.append((case.operation.label, response.status_code if is_led_to else 0))
            if case.operation.label == SEND_PART and response.status_code == 200:
                number, etag = int(case.query["uploadPartNum"]), response.headers["etag"][0]
                self.parts.setdefault(case.query["uploadId"], {})[number] = etag
            try:
                excluded = [ignored_auth, *generating.excused(case, response)]
                case.validate_response(response, excluded_checks=excluded, recorder=self.recorder)
            except FailureGroup as error:
                problems.append(f"{case.operation.label}: {error}")
                raise
            if case.method != "GET":
                self.world.settle()

    for number in range(patience):
        if number >= stories and (problems or not missing(chapter, steps)):
            break
        run_state_machine_as_test(seed(number)(Story), settings=STORY)
    return steps, problems


def missing(chapter: str, steps: list[tuple[str, int]]) -> set[str]:
    """Return what the stories of a chapter have still to get done."""
    return REACHED[chapter] - {label for label, status in steps if 200 <= status < 300}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_answers_lead_to_is_answered_as_the_document_says(generating: Any, chapter: str) -> None:
    steps, problems = told(generating, chapter)
    assert not problems, "\n\n".join(problems)
    assert not missing(chapter, steps)


def test_a_story_is_the_same_when_it_is_told_again(generating: Any) -> None:
    first, _ = told(generating, "deployments", patience=1)
    assert len(first) > 10
    assert told(generating, "deployments", patience=1)[0] == first
