"""What the OpenAPI document promises holds for requests that are made up from it, good ones and bad ones."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.live import LiveServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed (the extra test)")
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
NOT_UNDERSTOOD = "Invalid Schema Object"
"""It rewrites ``prefixItems`` (a pair) into something that it then cannot read."""

OPEN_ENDED = ("/events",)
ALL_SEEDS = (
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
)


def broken_promises(server: LiveServer, token: str, examples: int) -> tuple[list[str], int]:
    """One line for each; and how many requests were made."""
    wrong: list[str] = []
    asked = 0
    schema = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
    for found in schema.get_all_operations():
        operation = found.ok()
        if not operation.path.endswith(OPEN_ENDED):
            asked += _ask(operation, token, examples, wrong)
    return wrong, asked


def _ask(operation: Any, token: str, examples: int, wrong: list[str]) -> int:
    own = operation.path.startswith(("/connect", "/session"))
    head = {} if own else {"Authorization": f"Bearer {token}"}
    asked = 0

    @seed(8)
    @settings(
        max_examples=examples,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=ALL_SEEDS,
    )
    @given(case=operation.as_strategy())
    def run(case: Any) -> None:
        nonlocal asked
        asked += 1
        answer = case.call(headers=head, timeout=60)
        try:
            case.validate_response(answer, checks=CHECKS)
        except BaseExceptionGroup as faults:
            said = [" ".join(str(fault).split())[:300] for fault in faults.exceptions]
            wrong.extend(f"{operation.label}: {answer.status_code}: {one}" for one in said if NOT_UNDERSTOOD not in one)
        except schemathesis.errors.InvalidSchema as fault:
            if NOT_UNDERSTOOD not in str(fault):
                raise

    run()
    return asked


@pytest.fixture(scope="module")
def own_token(server: LiveServer) -> str:
    """Of a client that nobody else looks at."""
    return server.token(*server.add_client("made up"))


@pytest.mark.filterwarnings("ignore")
def test_a_few_made_up_requests_for_every_operation(server: LiveServer, own_token: str) -> None:
    wrong, asked = broken_promises(server, own_token, 3)
    assert wrong == []
    assert asked > 80


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_many_made_up_requests_for_every_operation(server: LiveServer, own_token: str) -> None:
    wrong, asked = broken_promises(server, own_token, 40)
    assert wrong == []
    assert asked > 1000
