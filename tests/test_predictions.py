"""Predictions for annotated texts: on Docs of their own, with nothing of the answer on them."""

from __future__ import annotations

import pytest
import spacy
from gold import COT, gold_docs
from spacy.tokens import Doc, Span

from spacy_cotner import CotnerError
from spacy_cotner.predictions import assigns, predict
from spacy_cotner.types import has_relations

NLP = spacy.blank("en")


def test_the_pipeline_sees_nothing_of_the_annotation(trained):
    docs = gold_docs(NLP)
    docs[0].user_data["id"] = "a"
    for name in ("cot_ner", "cot_rel"):
        trained.disable_pipe(name)
    (gold, bare), *rest = predict(trained, docs)
    assert gold is docs[0]
    assert bare is not docs[0]
    assert not bare._.cot
    assert not has_relations(bare)
    assert bare.user_data["id"] == "a"
    assert [doc.text for _, doc in rest] == [doc.text for doc in docs[1:]]
    ((_, explained),) = predict(trained, docs[:1], teacher=True)
    assert (explained._.cot, explained._.caption) == (COT, docs[0]._.caption)


def test_predictions(trained):
    for gold, predicted in predict(trained, gold_docs(NLP)):
        assert [(e.text, e.label_) for e in predicted.ents] == [(e.text, e.label_) for e in gold.ents]
        assert [r.label for r in predicted._.relations] == [r.label for r in gold._.relations]


def test_given_entities_and_spans_are_kept_where_nothing_sets_them():
    doc = gold_docs(NLP)[0]
    doc.spans["sc"] = [Span(doc, 0, 3, "X"), Span(doc, 1, 2, "Y")]
    ((_, copy),) = predict(spacy.blank("en"), [doc])
    assert [(e.text, e.label_) for e in copy.ents] == [(e.text, e.label_) for e in doc.ents]
    assert [(s.text, s.label_) for s in copy.spans["sc"]] == [(s.text, s.label_) for s in doc.spans["sc"]]
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": "nowhere"}])
    assert assigns(nlp, "doc.ents")
    assert [list(copy.ents) for _, copy in predict(nlp, [doc])] == [[]]


def test_entities_survive_other_tokens():
    words = ["New", "-", "York", "-", "based"]
    doc = Doc(NLP.vocab, words=words, spaces=[False] * len(words))
    doc.ents = [Span(doc, 0, 1, "A"), Span(doc, 2, 3, "B")]
    nlp = spacy.blank("en")
    nlp.tokenizer = lambda text: Doc(nlp.vocab, words=[text], spaces=[False])
    ((_, copy),) = predict(nlp, [doc])
    assert [ent.text for ent in copy.ents] == ["New-York-based"]  # one of the two: they share a token now


def test_words_without_a_text_stay_as_they_are():
    doc = Doc(NLP.vocab, words=["don't", ":)", "@a_b"])
    ((_, copy),) = predict(spacy.blank("en"), [doc])
    assert [token.text for token in copy] == ["don't", ":)", "@a_b"]


def test_a_text_that_is_too_long():
    nlp = spacy.blank("en")
    nlp.max_length = 10
    with pytest.raises(CotnerError, match="more than the pipeline takes"):
        list(predict(nlp, [NLP("a text of more than that")]))
