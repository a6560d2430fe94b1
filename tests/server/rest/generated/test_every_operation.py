"""Generated requests to every operation of the OpenAPI document: what fits it is taken, what does not is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from requests.auth import AuthBase
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

EXAMPLES = 12

SIGNED_EXAMPLES = (1, 3)
"""How many requests are tried: the first is the simplest that there is, and is mostly enough to get an answer."""

#: What no request brings about here: the work requests that are there are done, and cannot be cancelled.
NEVER_DONE = {
    "DELETE /20190101/workRequests/{work_request_id}",
    "DELETE /20200531/workRequests/{work_request_id}",
    "DELETE /workRequests/{work_request_id}",
}


def try_out(operation: Any, check: Callable[[Any], None], *, examples: int, **modes: Any) -> list[str]:
    """Check generated requests to an operation; return what is wrong."""

    @given(case=operation.as_strategy(**modes))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def each(case):
        check(case)

    try:
        each()
    except (FailureGroup, Failure) as error:
        return [f"{operation.label}: {error}"]
    return []


def operations_of(schema: Any) -> list[Any]:
    """Return the operations of the service; predictions are the gateway's."""
    described = [result.ok() for result in schema.get_all_operations()]
    return [each for each in described if not each.label.endswith("/predict")]


def test_generated_requests_are_answered_as_the_document_says(generating: Any) -> None:
    world = generating.furnished()
    problems = []
    answers: Counter[tuple[str, int]] = Counter()
    described = operations_of(generating.schema(world))

    def check(case: Any) -> None:
        generating.make_consistent(case, world.known_to(case))
        response = case.call(app=world.app)
        answers[case.operation.label, response.status_code // 100] += 1
        # signatures are off here, and on in the test below
        case.validate_response(response, excluded_checks=[ignored_auth, *generating.excused(case, response)])

    for operation in described:
        problems += try_out(operation, check, examples=EXAMPLES)
        if operation.method != "get":
            world = generating.furnished()
    assert not problems, "\n\n".join(problems)
    assert {each.label for each in described if not answers[each.label, 2]} == NEVER_DONE


def test_what_is_answered_to_a_signed_request_is_not_answered_without(generating: Any) -> None:
    world = generating.furnished()
    problems = []
    checked = set()
    described = [each for each in operations_of(generating.schema(world)) if each.definition.raw.get("security") != []]

    def check(case: Any) -> None:
        generating.make_consistent(case, world.known_to(case))
        case.headers.pop("Authorization", None)
        sent = {"app": world.api.app, "auth": Signed(world.api), "base_url": "http://yard.test"}
        response = case.call(**sent)
        if response.status_code < 300:
            checked.add(case.operation.label)
        case.validate_response(response, checks=[ignored_auth], transport_kwargs=sent)

    for operation in described:
        for examples in SIGNED_EXAMPLES:
            if operation.label not in checked:
                problems += try_out(operation, check, examples=examples, generation_mode=GenerationMode.POSITIVE)
        if operation.method != "get":
            world = generating.furnished()
    assert not problems, "\n\n".join(problems)
    assert {each.label for each in described} - checked == NEVER_DONE


class Signed(AuthBase):
    """Sign what is sent."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def __call__(self, request):
        nothing = b"" if request.method in {"POST", "PUT"} else None
        body = request.body.encode() if isinstance(request.body, str) else request.body or nothing
        request.headers.update(self._api.signature(request.method, httpx.URL(request.url), body))
        return request
