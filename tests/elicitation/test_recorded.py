"""Recorded answers instead of an LLM."""

import json

import pytest

from spacy_cotner import CotnerError
from spacy_cotner.elicitation import Elicitor, load_settings
from spacy_cotner.elicitation.recorded import RecordedAnswers

ROWS = [
    {"id": 1, "text": "Hi Ada", "noun": "Ada is a name.", "sentence": "A greeting.", "multimodality": None},
    {"text": "Go  Heat", "image": "img/1.jpg", "noun": "one"},
    {"text": "Go  Heat", "image": "img/2.jpg", "noun": "two", "irony": "none"},
    {"text": "Hi Ada", "mood": "friendly"},
]


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "cot.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + "\n", encoding="utf8")
    return file


def test_by_text_and_picture(path):
    answers = RecordedAnswers(path)
    assert answers.get("Hi Ada", None, "sentence") == "A greeting."
    assert answers.get("Hi Ada", "unknown.jpg", "mood") == "friendly"
    assert answers.get("Go Heat", "other/2.png", "noun") == "two"
    assert answers.get("Go Heat", "1.jpg", "noun") == "one"
    assert answers.get("Go Heat", None, "noun") == "one"
    assert answers.get("Hi Ada", None, "multimodality") is None
    assert answers.get("Hi Bob", None, "noun") is None


def test_needs_no_server_store_or_key(path, nlp, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    values = {"elicit.source.kind": "recorded", "elicit.source.answers": str(path)}
    docs = [nlp("Hi Ada"), nlp("Hi Bob"), nlp("Go Heat")]
    docs[2]._.image = "1.jpg"
    outcomes = [each for _, each in Elicitor(load_settings(None, values)).pipe(docs)]
    assert docs[0]._.cot == {"noun": "Ada is a name.", "sentence": "A greeting."}
    assert docs[2]._.cot == {"noun": "one"}
    assert outcomes[0]["multimodality"].status == "skipped"
    assert outcomes[1]["noun"].reason == "no recorded answer"
    assert [file.name for file in tmp_path.iterdir()] == ["cot.jsonl"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no recorded answers"),
        ('{"text": "a"}\n{oops', r":2: not a JSON object"),
        ("[]", ":1: not a JSON object"),
        ('{"text": 3}', '"text" is not a string'),
        (b"\xff\xfe", "can't read"),
        (None, "can't read"),
    ],
)
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "cot.jsonl"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content, encoding="utf8")
    with pytest.raises(CotnerError, match=message):
        RecordedAnswers(path)
