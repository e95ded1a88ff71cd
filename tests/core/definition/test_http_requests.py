"""Http steps in definitions: what is refused, and what a URL is made of."""

from __future__ import annotations

import pytest

from oyama_tui.core.definition.expressions import render_text
from oyama_tui.core.definition.kinds.http import escaped
from oyama_tui.core.definition.loading import load_with_warnings
from oyama_tui.core.errors import InvalidDefinition

SCOPE = {"inputs": {"base": "https://api.example.org/v2", "host": "db:8080", "part": "../a b?c=d&e#f", "n": 3, "none": None}}


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://h/x", "https://h/x"),
        ("${{ inputs.base }}/items/${{ inputs.part }}", "https://api.example.org/v2/items/..%2Fa%20b%3Fc%3Dd%26e%23f"),
        ("https://${{ inputs.host }}/${{ inputs.part }}", "https://db:8080/..%2Fa%20b%3Fc%3Dd%26e%23f"),
        ("https://a.${{ inputs.host }}?q=${{ inputs.part }}", "https://a.db:8080?q=..%2Fa%20b%3Fc%3Dd%26e%23f"),
        ("https://h/${{ inputs.n }}/${{inputs.none}}", "https://h/3/"),
        ("https://h/${{ urlEncode(inputs.part) }}", "https://h/..%2Fa%20b%3Fc%3Dd%26e%23f"),
        ("${{ inputs.base }}${{ inputs.part }}", "https://api.example.org/v2..%2Fa%20b%3Fc%3Dd%26e%23f"),
    ],
)
def test_the_value_of_an_expression_is_one_part_of_a_url(template: str, url: str) -> None:
    assert render_text(escaped(template), SCOPE) == url


def test_an_answer_is_escaped_and_secrets_keep_their_plain_form() -> None:
    assert escaped("https://h/${{ secrets.T }}/${{ steps.a.decision.comment }}") == (
        "https://h/${{ secrets.T }}/${{ urlEncode(steps.a.decision.comment) }}"
    )


@pytest.mark.parametrize(
    ("request_text", "problem"),
    [
        ("{}", "'url' is missing"),
        ("https://h/", "'http' must be a map of names and values, not of type string"),
        ("{url: api.example.org}", "a URL begins with http:// or https://"),
        ("{url: 'https:///x'}", "this URL names no server"),
        ("{url: 'https://h/', method: get}", "'method' must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; it is 'get'"),
        ("{url: 'https://h/', body: a, json: 1}", "a request has one body, and this one has body and json"),
        ("{url: 'https://h/', verify: false, ca: x}", "with verify: false no certificate is checked, so ca does nothing"),
        ("{url: 'https://h/', headers: {'a b': x}}", "'a b' cannot be the name of a header"),
        ("{url: 'https://h/', headers: {A: x, a: y}}", "the header 'A' stands twice; upper and lower case are the same"),
        ("{url: 'https://h/', headers: {Host: x}}", "the header 'Host' follows from the request itself"),
        ("{url: 'https://h/', headers: {A: 1}}", "'A' must be text, not of type integer"),
        ("{url: 'https://h/', idempotency_key: 'a b'}", "'a b' cannot be the name of a header"),
        ("{url: 'https://h/', expect: [20]}", "an HTTP status lies between 100 and 599; it is 20"),
        ("{url: 'https://h/', expect: []}", "'expect' is empty"),
        ("{url: 'https://h/', query: {a: {b: 1}}}", "a value of query is text, a number, true, false, null or a list of these"),
        ("{url: 'https://h/', timeout: 0s}", "'timeout' must be longer than 0s"),
        ("{url: 'https://h/', max_bytes: 0}", "'max_bytes' must be at least 1; it is 0"),
        ("{url: 'https://h/', bdy: x}", "there is no key 'bdy' here"),
        ("{url: 'https://h/', json_: x}", "there is no key 'json_' here"),
        ("{url: 'https://h/${{ inputs.none }}'}", "there is no input 'none'"),
        ("{url: 'https://h/', query: {a: '${{ secrets.T }}'}}", "secrets cannot be used here"),
        ("{url: 'https://h/', method: '${{ inputs.x }}'}", "an expression is not filled in here"),
        ("{url: 'https://h/', headers: {A: '${{ secrets.X }}'}}", "the secret 'X' is not declared"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(request_text: str, problem: str) -> None:
    text = f"secrets: [T]\nsteps:\n  - id: a\n    http: {request_text}\n"
    with pytest.raises(InvalidDefinition) as caught:
        load_with_warnings(text, "flow.yaml")
    assert problem in [found.message for found in caught.value.problems]
    assert {found.line for found in caught.value.problems} == {4}


def test_what_is_doubtful_is_said() -> None:
    text = "steps:\n  - id: a\n    http: {url: 'https://h/', verify: false, body: x}\n"
    _, warnings = load_with_warnings(text, "flow.yaml")
    assert [found.message for found in warnings] == [
        "many servers ignore the body of a GET",
        "whoever is in between can read and change everything",
    ]
