"""The accurate mode: one encoder pass for each marked pair, with the weights that all components share."""

from __future__ import annotations

import numpy
import pytest
import spacy
import torch
from gold import COT, gold_docs
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_cotner import CotnerError
from spacy_cotner.models import marked
from spacy_cotner.pipeline.views import training_views
from spacy_cotner.types import Mark, View

MODEL = {
    "@architectures": "spacy_cotner.CotRelMarker.v1",
    "tok2vec": {
        "@architectures": "spacy_cotner.CotListener.v1",
        "pooling": {"@layers": "reduce_mean.v1"},
    },
}
PAIRS = [(0, 2, 4, 6), (4, 6, 0, 2), (0, 2, 7, 8)]


def related(doc):
    return {(r.head.text, r.tail.text, r.label) for r in doc._.relations}


@pytest.fixture
def make(make_nlp):
    def run(*names, typed=False, **rel):
        names = names or ("cot_transformer", "cot_rel")
        return make_nlp(*names, rel={"model": {**MODEL, "typed": typed}, **rel})

    return run


@pytest.fixture
def marker(make, make_examples):
    """A pipeline that is initialized."""
    nlp = make()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    return nlp


def gold_text(nlp, cot=None):
    doc = gold_docs(nlp, cot=False)[1]
    del doc.user_data["spacy_cotner", "relations"]
    doc._.cot = cot
    return doc


def count_sequences(nlp):
    """What the encoder reads from now on: (sequences, wordpieces) of each call."""
    shapes = []
    encoder = nlp.get_pipe("cot_transformer").model.shims[0].encoder
    encoder.transformer.register_forward_hook(
        lambda module, args, kwargs, output: shapes.append(tuple(kwargs["inputs_embeds"].shape[:2])),
        with_kwargs=True,
    )
    return shapes


# What the encoder reads -------------------------------------------------------------------------------------


def test_the_encoder_gives_states_of_marks_behind_those_of_the_tokens(marker):
    encoder, doc = marker.get_pipe("cot_transformer").model, gold_text(marker)
    marks = (Mark(0, 2, "@", "@"), Mark(4, 6, "#", "#"))
    plain, with_marks = encoder.predict([View(doc), View(doc, marks=marks)])
    pieces = with_marks.wordpieces.strings[0]
    assert " ".join(pieces) == "[CLS] [UNK] marie curie [UNK] worked with # pierre curie # in paris ."
    assert plain.align.lengths.tolist() == [1] * len(doc)
    assert with_marks.align.lengths.tolist() == [1] * (len(doc) + 3)
    rows = with_marks.align.dataXd.ravel().tolist()
    assert " ".join(pieces[i] for i in rows[:-3]) == doc.text.lower()
    assert [pieces[i] for i in rows[-3:]] == ["[CLS]", "[UNK]", "#"]


def test_views_of_one_doc_are_cut_into_wordpieces_once(marker, monkeypatch):
    model, doc, calls = marker.get_pipe("cot_transformer").model, gold_text(marker), []
    shim = model.shims[0]
    tokenizer = shim.tokenizer
    monkeypatch.setattr(shim, "tokenizer", _Counting(tokenizer, calls))
    model.predict([View(doc), View(doc, marks=(Mark(0, 2, "@", "@"),)), View(doc, COT)])
    assert calls.count([doc.text]) == 1


class _Counting:
    def __init__(self, tokenizer, calls):
        self._tokenizer, self._calls = tokenizer, calls

    def __getattr__(self, name):
        return getattr(self._tokenizer, name)

    def __call__(self, text, **kwargs):
        self._calls.append(text)
        return self._tokenizer(text, **kwargs)


def test_types_are_written_where_asked_for(make, make_examples, monkeypatch):
    seen = []
    monkeypatch.setattr(marked.View, "_replace", lambda view, marks: seen.append(marks) or view)
    for typed, expected in ((False, ("@", "#")), (True, ("@ * per *", "# * loc *"))):
        nlp = make(typed=typed)
        mark = nlp.get_pipe("cot_rel").model.layers[1]
        for types in (("PER", "LOC"), ("", "")):
            marked._mark(View(gold_text(nlp)), (0, 2, 7, 8), types, mark.attrs)
        (head, tail), untyped = seen
        assert (head.before, tail.before) == expected
        assert (head.after, tail.after) == ("@", "#")
        assert [m.before for m in untyped] == ["@", "#"]
        seen.clear()


# Learning ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [False, True])
def test_overfits(make, train, make_examples, tmp_path, typed):
    nlp = train(make(typed=typed), steps=30)
    doc = gold_text(nlp)
    for _, pipe in nlp.pipeline:
        doc = pipe(doc)
    expected = {("Marie Curie", "Pierre Curie", "colleague"), ("Marie Curie", "Paris", "lives")}
    assert related(doc) == expected
    assert nlp.evaluate(make_examples(nlp))["rel_gold_ents_micro_f"] == 1.0
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    again = gold_text(loaded)
    for _, pipe in loaded.pipeline:
        again = pipe(again)
    assert [r.score for r in again._.relations] == pytest.approx([r.score for r in doc._.relations])


def test_both_views_are_read_and_teach(marker, make_examples):
    examples = make_examples(marker)[:2]
    shapes = count_sequences(marker)
    losses = marker.update(examples)
    assert losses["cot_rel"] > 0
    # Six pairs of each of two texts, in two views; the texts themselves are read by nobody.
    assert sum(n for n, _ in shapes) == 24
    pipe = marker.get_pipe("cot_rel")
    student, teacher = (pipe.predict_pairs([gold_text(marker, cot)], [PAIRS])[0][1] for cot in (None, COT))
    assert not numpy.allclose(student, teacher, atol=1e-4)


def test_the_shared_encoder_learns_in_the_same_step(marker, make_examples):
    encoder = marker.get_pipe("cot_transformer").model.shims[0].encoder
    before = {name: weights.detach().clone() for name, weights in encoder.named_parameters()}
    marker.update(make_examples(marker)[:2], sgd=marker.resume_training())
    moved = {name for name, weights in encoder.named_parameters() if not weights.equal(before[name])}
    assert any("layer.0.attention" in name for name in moved)
    assert any("prompt" in name for name in moved)
    assert all(weights.grad is None or not weights.grad.any() for weights in encoder.parameters())


def test_gradient_is_that_of_the_loss(marker, make_examples):
    """Against finite differences, through pooling, marks and encoder."""
    pipe, encoder = marker.get_pipe("cot_rel"), marker.get_pipe("cot_transformer").model
    layer, doc = pipe.model.layers[1], gold_text(marker)
    encoder.shims[0].encoder.eval()
    weights = encoder.shims[0].encoder.transformer.embeddings.LayerNorm.bias
    inputs = [View(doc)], numpy.asarray([[0, *pair] for pair in PAIRS]), [("", "")] * 3
    direction = numpy.random.default_rng(0).normal(size=(3, 5 * 32)).astype("f")

    def total():
        return float((layer.predict(inputs) * direction).sum())

    listener = layer.layers[0].layers[0]
    listener.receive(0, [], lambda d_outputs: [])
    encoder.shims[0].encoder.train = lambda mode=True: encoder.shims[0].encoder  # no dropout
    _, backprop = layer.begin_update(inputs)
    backprop(direction)
    expected = float(weights.grad[3])
    values = []
    for step in (1e-2, -2e-2):
        weights.data[3] += step
        values.append(total())
    assert expected == pytest.approx((values[0] - values[1]) / 2e-2, rel=0.02)
    assert listener._batch_id is None  # it has answered


def test_the_encoder_gets_the_sum_of_all_gradients(make, make_examples):
    """The recognizer's gradient and that of the marked pairs meet in one update of the encoder."""
    nlp = make("cot_transformer", "cot_ner", "cot_rel")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    for _, pipe in nlp.pipeline:
        for shim in (shim for node in pipe.model.walk() for shim in node.shims):
            _without_dropout(shim._model)
    encoder = nlp.get_pipe("cot_transformer").model.shims[0].encoder
    weights = encoder.transformer.encoder.layer[0].attention.self.query.weight

    def gradient(*exclude):
        weights.grad = None
        nlp.update(examples, sgd=False, exclude=exclude)
        nlp.get_pipe("cot_transformer")._land()  # without one who does not answer
        return weights.grad.clone()

    ner, rel, both = gradient("cot_rel"), gradient("cot_ner"), gradient()
    assert ner.abs().max() > 1e-3
    assert rel.abs().max() > 1e-3
    torch.testing.assert_close(both, ner + rel, atol=1e-4, rtol=1e-3)


def _without_dropout(module):
    for part in module.modules():
        for name in ("p", "dropout_prob"):
            if hasattr(part, name):
                setattr(part, name, 0.0)


def test_batch_without_pairs_lets_the_others_learn(make, make_examples):
    nlp = make("cot_transformer", "cot_ner", "cot_rel")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    encoder = nlp.get_pipe("cot_transformer").model.shims[0].encoder
    before = encoder.transformer.encoder.layer[0].attention.self.query.weight.detach().clone()
    doc = nlp.make_doc("Ada Lovelace worked .")
    doc.ents = [Span(doc, 0, 2, label="PER")]
    losses = nlp.update([Example(nlp.make_doc(doc.text), doc)], sgd=nlp.resume_training())
    assert losses["cot_rel"] == 0.0
    assert losses["cot_ner"] > 0
    assert not before.equal(encoder.transformer.encoder.layer[0].attention.self.query.weight)


# Prediction -------------------------------------------------------------------------------------------------


def test_pairs_are_encoded_in_chunks(marker, monkeypatch):
    doc = gold_text(marker)
    pipe = marker.get_pipe("cot_rel")
    ((_, whole),) = pipe.predict_pairs([doc], [PAIRS])
    monkeypatch.setattr(marked, "CHUNK", 2)
    shapes = count_sequences(marker)
    ((_, chunked),) = pipe.predict_pairs([doc], [PAIRS])
    numpy.testing.assert_allclose(whole, chunked, atol=1e-5)
    assert [n for n, _ in shapes] == [2, 1]


def test_direction_matters(marker):
    ((_, (there, back, _)),) = marker.get_pipe("cot_rel").predict_pairs([gold_text(marker)], [PAIRS])
    assert not numpy.allclose(there, back, atol=1e-4)


def test_texts_are_not_encoded_for_nobody(marker, make, make_examples):
    shapes = count_sequences(marker)
    doc = marker("nothing happens here")
    assert (shapes, doc._.relations) == ([], [])
    both = make("cot_transformer", "cot_ner", "cot_rel")
    both.initialize(lambda: make_examples(both))
    shapes = count_sequences(both)
    both("nothing")
    assert len(shapes) == 1


@pytest.mark.parametrize("n", [40, 400])
def test_texts_longer_than_the_window(marker, n):
    """One sequence a pair, however far apart: what is far from both is not read."""
    doc = Doc(marker.vocab, words=["ada", *["and"] * n, "london"])
    doc.ents = [Span(doc, 0, 1, label="PER"), Span(doc, n + 1, n + 2, label="LOC")]
    pipe = marker.get_pipe("cot_rel")
    shapes = count_sequences(marker)
    ((_, probabilities),) = pipe.predict_pairs([doc], [[(0, 1, n + 1, n + 2)]])
    assert numpy.isfinite(probabilities).all()
    ((sequences, length),) = shapes
    assert sequences == 1
    assert length <= 64 + 4 + 2  # window, prompts, special tokens


def test_frozen_encoder(make, make_examples):
    nlp = make()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    before = nlp.get_pipe("cot_transformer").model.to_bytes()
    optimizer = nlp.resume_training()
    losses = [nlp.update(examples, sgd=optimizer, exclude=["cot_transformer"])["cot_rel"] for _ in range(8)]
    assert losses[-1] < losses[0]
    assert nlp.get_pipe("cot_transformer").model.to_bytes() == before


def test_replaced_listener(marker, make_examples):
    doc = gold_text(marker)
    ((_, shared),) = marker.get_pipe("cot_rel").predict_pairs([doc], [PAIRS])
    marker.replace_listeners("cot_transformer", "cot_rel", ["model.tok2vec"])
    ((_, own),) = marker.get_pipe("cot_rel").predict_pairs([doc], [PAIRS])
    numpy.testing.assert_allclose(shared, own, atol=1e-5)
    assert marker.update(make_examples(marker), sgd=marker.resume_training())["cot_rel"] > 0


def test_without_an_encoder(make, make_examples):
    nlp = make("cot_rel")
    with pytest.raises(CotnerError, match="add cot_transformer before it"):
        nlp.initialize(lambda: make_examples(nlp))


@pytest.mark.parametrize("markers", [["@"], ["@", " "]])
def test_markers_that_mark_nothing(make_nlp, markers):
    with pytest.raises(CotnerError, match="markers are one for the head and one for the tail"):
        make_nlp("cot_rel", rel={"model": {**MODEL, "markers": markers}})


def test_views_of_training_carry_no_marks(marker, make_examples):
    """The listener sends what `training_views` makes: marks belong to one component only."""
    views = training_views(make_examples(marker))
    assert not any(view.marks for view in views.students + views.teachers)
