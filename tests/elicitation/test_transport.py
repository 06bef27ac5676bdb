"""Retries: when another try makes sense, how long it waits, and that others need not wait with it."""

import email.utils
import time
from types import SimpleNamespace

import openai
import pytest

from spacy_cotner.elicitation import Elicitor
from spacy_cotner.elicitation.transport import _wait


def refusal(status, headers=None, code=None):
    response = SimpleNamespace(status_code=status, headers=headers or {}, request=None)
    return openai.APIStatusError("no", response=response, body={"code": code})


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_waits_grow_and_are_spread(status):
    for attempt, longest in enumerate([0.5, 1, 2, 4, 8, 8]):
        waits = {_wait(refusal(status), attempt) for _ in range(20)}
        assert all(0.75 * longest <= wait <= longest for wait in waits)
        assert len(waits) > 1


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_what_would_fail_again_is_not_tried_again(status):
    assert _wait(refusal(status), 0) is None


def test_no_credit_is_not_tried_again():
    assert _wait(refusal(429, code="insufficient_quota"), 0) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "-3"}, 0),
    ],
)
def test_advice_is_taken(headers, seconds):
    assert seconds - 2 <= _wait(refusal(429, headers), 0) <= 1.1 * seconds


def test_advice_may_be_a_date():
    advice = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert 20 < _wait(refusal(429, {"retry-after": advice}), 0) < 34


def test_advice_that_makes_no_sense_is_not():
    assert 0.3 < _wait(refusal(429, {"retry-after": "soon"}), 0) <= 0.5


def test_nobody_waits_for_an_hour():
    assert _wait(refusal(429, {"retry-after": "3600"}), 0) is None


def test_servers_may_insist():
    assert _wait(refusal(400, {"x-should-retry": "true"}), 0) is not None
    assert _wait(refusal(500, {"x-should-retry": "false"}), 0) is None


def test_a_request_that_waits_leaves_its_slot_to_others(nlp, server, settings):
    server.retry_after = "0.6"
    server.script = lambda request, times: 429 if "slow" in str(request) and times == 0 else None
    elicitor = Elicitor(settings(source__concurrency=1))
    outcomes = [outcomes["noun"] for _, outcomes in elicitor.pipe(nlp(text) for text in ["slow", "a", "b"])]
    elicitor.close()
    assert [each.status for each in outcomes] == ["answered"] * 3
    asked = [
        next(name for name in ("slow", "\na\n", "\nb\n") if name in str(each["messages"][-1]["content"]))
        for each in server.requests
    ]
    assert asked == ["slow", "\na\n", "\nb\n", "slow"]
    assert server.most_at_once == 1


def test_organization_and_project_are_told(nlp, server, settings, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    elicitor = Elicitor(settings())
    list(elicitor.pipe([nlp("Hi")]))
    elicitor.close()
    assert server.headers[0]["openai-organization"] == "org-1"
    assert server.headers[0]["openai-project"] == "proj-1"
    assert server.headers[0]["content-type"] == "application/json"
