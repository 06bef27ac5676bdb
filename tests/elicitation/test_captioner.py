"""The captioner role, and few-shot examples."""

import json
import sys

import pytest
from PIL import Image

from spacy_cotner import CotnerError
from spacy_cotner.elicitation import Elicitor


def run(settings, docs):
    elicitor = Elicitor(settings)
    try:
        return [outcomes for _, outcomes in elicitor.pipe(docs)]
    finally:
        elicitor.close()


def caption_or_answer(request, times):
    return "a dog" if "Describe the attached" in str(request["messages"]) else None


def test_captions_come_first_and_reach_the_grains(nlp, server, settings, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    server.script = caption_or_answer
    source = {"model": "sees"}
    make = settings(
        use=["multimodality"],
        source__vision=False,
        images__root=str(tmp_path),
        captioner__enabled=True,
        captioner__source=source,
    )
    docs = [nlp("with"), nlp("without"), nlp("captioned")]
    docs[0]._.image = docs[2]._.image = "x.png"
    docs[2]._.caption = "mine"
    outcomes = run(make, docs)
    assert [each["caption"].status for each in outcomes] == ["answered", "skipped", "kept"]
    assert [doc._.caption for doc in docs] == ["a dog", None, "mine"]
    assert [each["multimodality"].status for each in outcomes] == ["answered", "skipped", "answered"]
    assert [request["model"] for request in server.requests].count("sees") == 1
    assert any("a dog" in str(r["messages"]) for r in server.requests if r["model"] != "sees")


def test_wrong_setting_of_the_captioner(settings):
    with pytest.raises(CotnerError, match=r"elicit.captioner.source.modle: there is no such setting"):
        Elicitor(settings(captioner__enabled=True, captioner__source={"modle": "x"}))


ROWS = [
    {"text": "the cat sat", "noun": "A cat."},
    {"text": "dogs bark at night", "noun": "Dogs."},
    {"text": "goal by Messi", "noun": "Messi.", "caption": "a stadium"},
]


@pytest.fixture
def shots(tmp_path):
    path = tmp_path / "shots.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf8")
    return str(path)


def conversation(server):
    return [(m["role"], m["content"]) for m in server.requests[0]["messages"]]


def test_examples_are_shown_as_a_conversation(nlp, server, settings, shots):
    run(settings(grains__noun__examples=shots, grains__noun__shots=2), [nlp("hi")])
    said = conversation(server)
    assert [role for role, _ in said] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "the cat sat" in said[1][1]
    assert said[2][1] == "A cat."
    assert "<text>\nhi\n</text>" in said[5][1]


def test_similar_examples_stand_next_to_the_text(nlp, server, settings, shots):
    pytest.importorskip("bm25s")
    make = settings(grains__noun__examples=shots, grains__noun__shots=1, grains__noun__similar=True)
    run(make, [nlp("another goal by Messi today")])
    assert conversation(server)[2] == ("assistant", "Messi.")
    assert "a stadium" in conversation(server)[1][1]


@pytest.mark.parametrize("similar", [False, True])
def test_a_text_is_not_its_own_example(nlp, server, settings, shots, similar):
    if similar:
        pytest.importorskip("bm25s")
    make = settings(grains__noun__examples=shots, grains__noun__shots=3, grains__noun__similar=similar)
    run(make, [nlp("the cat sat")])
    assert "A cat." not in str(conversation(server))
    assert len(conversation(server)) == 6


def test_missing_extra(nlp, settings, shots, monkeypatch):
    monkeypatch.setitem(sys.modules, "bm25s", None)
    make = settings(grains__noun__examples=shots, grains__noun__similar=True)
    with pytest.raises(CotnerError, match=r"spacy-cotner\[examples\]"):
        run(make, [nlp("hi")])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "can't read the examples"),
        ("[1]", "not JSON lines"),
        ('{"text": "a"}', "no examples for the grain 'noun'"),
    ],
)
def test_bad_example_files(settings, tmp_path, content, message):
    if content is not None:
        (tmp_path / "x.jsonl").write_text(content)
    with pytest.raises(CotnerError, match=message):
        Elicitor(settings(grains__noun__examples=str(tmp_path / "x.jsonl")))
