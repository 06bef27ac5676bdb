"""Trained pipelines on disk, in bytes, in other processes and in other pipelines."""

from __future__ import annotations

import numpy
import pytest
import spacy
from pipelines import TEXT, ents, results
from spacy.tokens import DocBin
from spacy.training import Example


def test_disk(trained, tmp_path):
    nlp = trained
    expected = results(nlp(TEXT))
    assert expected[0]
    assert expected[1]
    nlp.to_disk(tmp_path)
    assert results(spacy.load(tmp_path)(TEXT)) == expected


def test_bytes(make_nlp, trained):
    nlp = trained
    twin = make_nlp().from_bytes(nlp.to_bytes())
    assert results(twin(TEXT)) == results(nlp(TEXT))


def test_n_process(trained):
    nlp = trained
    docs = list(nlp.pipe([TEXT, "", "Paris and London are far away ."] * 2, n_process=2, batch_size=2))
    assert results(docs[0]) == results(docs[3]) == results(nlp(TEXT))
    assert len(docs[1]) == 0


def test_docbin_of_processed_docs(trained):
    nlp = trained
    docs = list(nlp.pipe([TEXT, ""]))
    data = DocBin(docs=docs, store_user_data=True).to_bytes()
    loaded = list(DocBin(store_user_data=True).from_bytes(data).get_docs(nlp.vocab))
    assert [results(doc) for doc in loaded] == [results(doc) for doc in docs]
    assert loaded[0]._.trf_data.model_output.last_hidden_state.shape[-1] == 32


def test_select_pipes(trained):
    nlp = trained
    with nlp.select_pipes(disable=["cot_rel"]):
        doc = nlp(TEXT)
        assert ents(doc) == ents(nlp(TEXT))
        assert doc._.relations == []
        examples = [Example(nlp.make_doc(TEXT), doc)]
        nlp.update(examples, sgd=nlp.resume_training())
    assert nlp(TEXT)._.relations


def test_replace_listeners_of_cot_ner(trained, make_examples, tmp_path):
    nlp = trained
    expected = ents(nlp(TEXT))
    nlp.replace_listeners("cot_transformer", "cot_ner", ["model.tok2vec"])
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path, exclude=["cot_transformer", "cot_rel"])
    assert ents(loaded(TEXT)) == expected
    # It goes on learning, both views, with the encoder of its own.
    encoder = loaded.get_pipe("cot_ner").model.get_ref("tok2vec").layers[0].shims[0].encoder
    before = encoder.transformer.embeddings.word_embeddings.weight.detach().clone()
    loaded.update(make_examples(loaded), sgd=loaded.resume_training())
    assert not numpy.array_equal(before, encoder.transformer.embeddings.word_embeddings.weight.detach())


def test_replace_listeners_of_stock_ner(stock, tmp_path):
    nlp, _ = stock
    nlp.remove_pipe("cot_ner")
    expected = ents(nlp(TEXT))
    assert expected
    nlp.replace_listeners("cot_transformer", "ner", ["model.tok2vec"])
    nlp.to_disk(tmp_path)
    assert ents(spacy.load(tmp_path, exclude=["cot_transformer", "tagger"])(TEXT)) == expected


@pytest.mark.parametrize("replace", [False, True])
def test_sourcing(trained, tmp_path, replace):
    source = trained
    expected = results(source(TEXT))
    if replace:
        source.replace_listeners("cot_transformer", "cot_ner", ["model.tok2vec"])
    target = spacy.blank("en")
    target.add_pipe("sentencizer")
    for name in ("cot_ner",) if replace else ("cot_transformer", "cot_ner", "cot_rel"):
        target.add_pipe(name, source=source)
    found = results(target(TEXT))
    assert found[0] == expected[0]
    target.to_disk(tmp_path)
    assert results(spacy.load(tmp_path)(TEXT)) == found
