from __future__ import annotations

import pytest
from pipelines import changed, stock_pipeline, tagged, weights


@pytest.fixture
def stock(make_nlp, make_examples):
    """spaCy's ner and tagger, trained on one encoder with cot_ner."""
    nlp = stock_pipeline(make_nlp, "cot_ner")
    examples = tagged(make_examples(nlp))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 5e-3
    before = weights(nlp)
    for _ in range(40):
        losses = nlp.update(examples, sgd=optimizer)
    assert losses.keys() == {"cot_transformer", "cot_ner", "ner", "tagger"}
    assert changed(before, weights(nlp))
    return nlp, examples


@pytest.fixture
def initialized(make_nlp, make_examples):
    """Build a pipeline of some components, and initialize it."""

    def make(*names):
        nlp = make_nlp(*names)
        examples = make_examples(nlp)
        nlp.initialize(lambda: examples)
        return nlp

    return make


@pytest.fixture
def ner(initialized):
    """A pipeline with an encoder and cot_ner."""
    return initialized("cot_transformer", "cot_ner")


@pytest.fixture
def rel(initialized):
    """A pipeline with an encoder and cot_rel."""
    return initialized("cot_transformer", "cot_rel")
