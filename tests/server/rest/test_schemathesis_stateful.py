"""Generated stories: each step takes the ids that earlier answers said, along the links of the OpenAPI document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.control import TransitionController
from schemathesis.specs.openapi.checks import (
    ensure_resource_availability,
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    use_after_free,
)

from modelyard.errors import MethodNotImplemented
from modelyard.server.app import build_app, operations

#: How many operations of each service are to succeed with an id that an answer said.
REACHED = {"data_science": 7, "object_storage": 6, "streaming": 5, "logging": 5}

IDENTITY = "/20160918/"
"""Where compartments are known, which the other services' stories begin with."""

STORIES = 6

STORY = settings(
    max_examples=2,  # the first is the simplest that there is
    stateful_step_count=35,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

NOT_HERE = [
    ignored_auth,  # signatures are off here
    positive_data_acceptance,  # what fits the schema may name what is not there, or be too late
    not_a_server_error,  # a 501 says what is not built; every other 5xx is a problem below
]

#: What answers alone can say: made up, it is refused before anything else happens.
ONLY_ANSWERS_SAY = ("page", "if-match")


class FromTheBeginning(TransitionController):
    """Begin a story with what needs no id; ids made up are the per-operation test's."""

    def allow_root_transition(self, source, bundles):
        return "{" not in source.replace("{namespace_name}", "") and super().allow_root_transition(source, bundles)


@pytest.mark.parametrize("service", REACHED)
def test_what_answers_lead_to_is_answered_as_the_document_says(new_api: Callable[[], Any], service: str) -> None:
    first = new_api()
    schema = schemathesis.openapi.from_asgi("/documents/openapi.json", first.app).include(tag=[service, "identity"])
    schema.config.generation.update(with_security_parameters=False)
    namespace = first.services.object_storage.buckets.namespace
    known = {
        "compartmentId": first.compartment_id,
        "projectId": first.project_id,
        "namespace_name": namespace,
        "namespace": namespace,
        "timeExpires": "2999-01-01T00:00:00Z",
    }
    reached: Counter[str] = Counter()
    problems: list[str] = []

    class Story(schema.as_state_machine()):
        def setup(self) -> None:
            api = new_api()
            self.app = build_app(operations(api.services), verifier=None, user_id=api.installation.user_id)
            self.control = FromTheBeginning(self._transitions, self._root_labels)

        def get_call_kwargs(self, _case):
            return {"app": self.app}

        def before_call(self, case):
            if case.meta.generation.mode is GenerationMode.NEGATIVE:
                return
            case.body = with_whole_numbers(case.body)
            for part in (case.body, case.query, case.path_parameters):
                if isinstance(part, dict):
                    part.update({name: value for name, value in known.items() if name in part})
            for name in ONLY_ANSWERS_SAY:
                case.query.pop(name, None)
                case.headers.pop(name, None)

        def validate_response(self, response, case, **_):
            try:
                excluded = [*NOT_HERE, *excused(case, response)]
                case.validate_response(response, excluded_checks=excluded, recorder=self.recorder)
                assert response.status_code < 500 or response.status_code == MethodNotImplemented.status, response.text
            except (FailureGroup, AssertionError) as error:
                problems.append(f"{case.operation.label}: {error}")
                raise
            step = self.recorder.cases[case.id]
            has_real_id = step.transition is not None and step.is_transition_applied and "{" in case.operation.path
            if response.status_code < 300 and has_real_id and not case.operation.path.startswith(IDENTITY):
                reached[case.operation.label] += 1

    for number in range(STORIES):
        # told again, a story may go another way, since ids and times are new: no problem, and real ones are kept
        with suppress(Flaky):
            run_state_machine_as_test(seed(number)(Story), settings=STORY)
    assert not problems, "\n\n".join(problems)
    assert len(reached) >= REACHED[service], reached


@pytest.mark.parametrize(
    "path", ["/20190101/projects", "/20180418/streams", "/20200531/logGroups", "/n/{namespace_name}/b"]
)
def test_what_is_answered_to_a_signed_request_is_not_answered_without(api: Any, path: str) -> None:
    schema = schemathesis.openapi.from_asgi("/documents/openapi.json", api.app)
    namespace = api.services.object_storage.buckets.namespace
    case = schema[path]["GET"].Case(
        path_parameters={"namespace_name": namespace}, query={"compartmentId": api.compartment_id}
    )
    response = case.call(base_url="http://yard.test", auth=Signed(api))
    assert response.status_code == 200, response.text
    case.validate_response(response, checks=[ignored_auth], transport_kwargs={"auth": Signed(api)})


class Signed(AuthBase):
    """Sign what is sent."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def __call__(self, request):
        request.headers.update(self._api.signature(request.method, httpx.URL(request.url), request.body))
        return request


def with_whole_numbers(value: Any) -> Any:
    """Write 24.0, which a schema takes for an integer, as clients write it."""
    if isinstance(value, dict):
        return {name: with_whole_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def excused(case: Any, response: Any) -> list[Any]:
    """Return the checks that cannot hold for an answer."""
    checks = []
    if b'"lifecycleState":"DELET' in response.content:
        checks.append(use_after_free)  # a deleted model is there to be read, and says that it is deleted
    if re.search(r"[?&][^=]*=(&|$)", response.request.url):
        checks.append(negative_data_rejection)  # an empty parameter says the same as none
    if not case.operation.path.endswith("}"):
        checks.append(ensure_resource_availability)  # a new model has no artifact yet
    return checks
