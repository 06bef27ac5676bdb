"""Pipelines with spaCy's own listeners, and what tests look at in a pipeline."""

from __future__ import annotations

import numpy

TEXT = "Marie Curie worked with Pierre Curie in Paris ."
STOCK_LISTENER = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 1.0,
    "pooling": {"@layers": "reduce_mean.v1"},
}
STOCK_NER = {
    "model": {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 32,
        "maxout_pieces": 2,
        "use_upper": False,
        "tok2vec": STOCK_LISTENER,
    }
}
STOCK_TAGGER = {"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": STOCK_LISTENER}}


def weights(nlp, name="cot_transformer"):
    encoder = nlp.get_pipe(name).model.shims[0].encoder
    return {key: p.detach().clone() for key, p in encoder.named_parameters()}


def changed(before, after):
    return any(not numpy.array_equal(before[key], after[key]) for key in before)


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def results(doc):
    relations = [(*r.key, round(r.score, 4)) for r in doc._.relations]
    return [(*e, round(s._.confidence, 4)) for e, s in zip(ents(doc), doc.ents, strict=True)], relations


def stock_pipeline(make_nlp, *more):
    nlp = make_nlp("cot_transformer", *more)
    nlp.add_pipe("ner", config=STOCK_NER)
    nlp.add_pipe("tagger", config=STOCK_TAGGER)
    return nlp


def tagged(examples):
    for example in examples:
        for token in example.reference:
            token.tag_ = "NAME" if token.text.istitle() else "WORD"
    return examples
