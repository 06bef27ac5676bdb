"""`cotner augment` from the command line."""

from functools import partial

import pytest
import spacy
from commands import cotner
from fake_openai import fake_openai
from spacy.tokens import DocBin


@pytest.fixture
def augment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("COLUMNS", "200")
    nlp = spacy.blank("en")
    docs = list(nlp.pipe(["Ada is in Paris", "Bob is in Rome"]))
    for doc in docs:
        doc.ents = [doc.char_span(0, 3, "PER"), doc.char_span(10, len(doc.text), "LOC")]
    DocBin(store_user_data=True, docs=docs).to_disk("in.spacy")

    return partial(cotner, "augment", "in.spacy", "out.spacy")


def test_style_and_entity(augment):
    def answers(request, times):
        prompt = request["messages"][-1]["content"]
        return "yes" if "replaced by another" in prompt else "so Ada is now in Paris, right"

    with fake_openai(answers) as server:
        code, output = augment("--methods", "style,entity", "--elicit.source.base_url", server.base_url)
    assert code == 0, output
    assert "style 2 1 1 mention lost 1" in output
    assert "entity 2 2 0" in output
    docs = list(DocBin().from_disk("out.spacy").get_docs(spacy.blank("en").vocab))
    assert len(docs) == 5
    assert all(len(doc.ents) == 2 for doc in docs)
    assert docs[1].user_data["spacy_cotner", "provenance"]["method"] == "style"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--methods", "rhyme"], "augment.use.0: input should be 'style', 'entity' or 'image'"),
        (["--augment.sede", "3"], "augment.sede: there is no such setting"),
        (["--training.seed", "3"], "unknown setting --training.seed"),
        (["--source", "recorded"], "augment needs an LLM"),
    ],
)
def test_bad_input(augment, args, message):
    code, output = augment(*args)
    assert code == 1
    assert message in output
