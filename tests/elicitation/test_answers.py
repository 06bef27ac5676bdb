"""Only good answers count as answers."""

import pytest

from spacy_cotner.elicitation.answers import Answer, Rejected, read_answer


def body(content, finish="stop", **message):
    return {
        "model": "m",
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        "choices": [{"finish_reason": finish, "message": {"content": content, **message}}],
    }


def test_a_good_answer():
    assert read_answer(body(" Ada is a name. ")) == Answer("Ada is a name.", "m", 3, 2)


def test_parts_are_joined():
    parts = [{"type": "text", "text": "Ada "}, {"type": "text", "text": "is."}]
    assert read_answer(body(parts)).text == "Ada is."


def test_inline_thoughts_are_cut_off():
    assert read_answer(body("<think>hm\nhm</think>\n\nAda is.")).text == "Ada is."


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (body("Ada is", "length"), "truncated"),
        (body("", "content_filter"), "refused"),
        (body(None, refusal="no"), "refused"),
        (body("I'm sorry, but I can't assist with that."), "refused"),
        (body("I cannot help with this request."), "refused"),
        (body("Sorry, I'm not able to identify people in images."), "refused"),
        (body(""), "empty"),
        (body(" \n "), "empty"),
        (body(None), "empty"),
        (body("", reasoning_content="It is …"), "reasoning only"),
        (body("<think>and then"), "reasoning only"),
        (body("<think>done</think> "), "reasoning only"),
        ({}, "broken"),
        ({"choices": []}, "broken"),
        ([], "broken"),
        ("text", "broken"),
        (None, "broken"),
        ({"choices": [{"message": None}]}, "broken"),
    ],
)
def test_what_is_not_an_answer(response, reason):
    outcome = read_answer(response)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "I can't believe it: he means that the team won.",
        "Sorry is a song by Justin Bieber.",
        "Sorry, I can't help falling in love quotes Elvis Presley. " + "The post is about a wedding. " * 10,
    ],
)
def test_answers_about_refusals_are_answers(text):
    assert isinstance(read_answer(body(text)), Answer)


def test_what_was_paid_for_is_kept_with_its_tokens():
    outcome = read_answer(body("Ada is", "length"))
    assert (outcome.text, outcome.completion_tokens) == ("Ada is", 2)


@pytest.mark.parametrize("usage", [None, "x", {"prompt_tokens": None}, {}])
def test_missing_usage_counts_as_zero(usage):
    assert read_answer({**body("Ada is."), "usage": usage})[2:] == (0, 0)
