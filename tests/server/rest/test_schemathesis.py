"""Generated requests over the whole OpenAPI document: no answer is a 5xx, none differs from its schema."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from modelyard.errors import MethodNotImplemented
from modelyard.server.app import build_app, operations

EXAMPLES = 12

#: Signatures are off here. What fits the schema may yet name a project that is not there. A 501 says what is not built.
NOT_HERE = [ignored_auth, positive_data_acceptance, not_a_server_error]


def test_generated_requests_are_answered_as_the_document_says(api):
    app = build_app(operations(api.services), verifier=None, user_id=api.installation.user_id)
    schema = schemathesis.openapi.from_asgi("/documents/openapi.json", app)
    problems = []
    for result in schema.get_all_operations():
        described = result.ok()
        if described.label.endswith("/predict"):
            continue  # the gateway's

        @given(case=described.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case):
            response = case.call()
            case.validate_response(response, excluded_checks=NOT_HERE)
            assert response.status_code < 500 or response.status_code == MethodNotImplemented.status, response.text

        try:
            check()
        except (FailureGroup, Failure, AssertionError) as error:
            problems.append(f"{described.label}: {error}")
    assert not problems, "\n\n".join(problems)
