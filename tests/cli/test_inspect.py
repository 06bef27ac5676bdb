"""`cotner inspect` from the command line."""

import json
from functools import partial

import pytest
import spacy
from commands import cotner
from spacy.tokens import DocBin


@pytest.fixture
def inspect(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    nlp = spacy.blank("en")
    docs = list(nlp.pipe(["Ada likes New York", "Bob sleeps", "", "hi"]))
    docs[0].ents = [docs[0].char_span(0, 3, "PER"), docs[0].char_span(10, 18, "LOC")]
    docs[1].ents = [docs[1].char_span(0, 3, "PER")]
    docs[0]._.cot = {"noun": "ADA is a person, NewYork a city.", "sentence": "Same."}
    docs[1]._.cot = {"noun": "Somebody sleeps.", "sentence": "Same."}
    docs[1]._.caption = "a bed"
    DocBin(store_user_data=True, docs=docs).to_disk("in.spacy")
    DocBin(docs=[nlp("plain")]).to_disk("plain.spacy")

    return partial(cotner, "inspect")


def test_numbers(inspect, tmp_path):
    code, output = inspect("in.spacy", "--json", "n.json")
    assert code == 0
    assert "4 Docs, 2 explained, 0 with a picture, 1 with a caption" in output
    assert "noun 2 50.0% 2 4 7 3 66.7% 0" in output
    assert "sentence 2 50.0% 1 1 1 3 0.0% 2" in output
    assert json.loads((tmp_path / "n.json").read_text())["grains"]["noun"]["mentioned"] == 2


def test_samples_can_be_read(inspect):
    output = inspect("in.spacy", "-n", "9")[1]
    assert "[Ada](PER) likes [New York](LOC)" in output
    assert "a bed" in output
    assert "Somebody sleeps." in output
    assert "— Doc" not in inspect("in.spacy", "-n", "0")[1]


def test_a_corpus_without_explanations(inspect):
    code, output = inspect("plain.spacy")
    assert code == 0
    assert "1 Docs, 0 explained" in output


def test_gold_labels_in_explanations(inspect, tmp_path):
    assert "Gold labels in explanations: 0 Docs (0.0%)" in inspect("in.spacy")[1]
    nlp = spacy.blank("en")
    docs = list(DocBin().from_disk("in.spacy").get_docs(nlp.vocab))
    docs[0]._.cot = {"noun": "Ada (PER) likes New York."}
    DocBin(store_user_data=True, docs=docs).to_disk("leaky.spacy")
    code, output = inspect("leaky.spacy", "--json", "n.json")
    assert code == 0
    assert "Gold labels in explanations: 1 Docs (50.0%), such as 'noun: Ada (PER) likes New York." in output
    assert "1 of 2 explained Docs (50.0%) repeat gold labels" in output
    assert json.loads((tmp_path / "n.json").read_text())["leaking"] == 1


def test_bad_input(inspect):
    code, output = inspect("nowhere.spacy")
    assert code == 1
    assert "nowhere.spacy: can't be read" in output
