"""`cot_transformer` and its listeners, ours and spaCy's own."""

from __future__ import annotations

import numpy
import pytest
import spacy
from pipelines import STOCK_NER, TEXT, changed, ents, stock_pipeline, tagged, weights
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch
from spacy_transformers.layers import TransformerListener

from spacy_cotner import CotnerError
from spacy_cotner.models.tok2vec import CotListener


def collect_gradients(nlp):
    """Replace the encoder's optimizer step by a record of its gradients."""
    shim, found = nlp.get_pipe("cot_transformer").model.shims[0], []

    def finish_update(optimizer):
        named = shim.encoder.named_parameters()
        found.append(
            {name: p.grad.clone() for name, p in named if p.grad is not None and p.grad.abs().sum() > 0}
        )
        shim.encoder.zero_grad()

    shim.finish_update = finish_update
    return found


def no_dropout(nlp):
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            for shim in node.shims:
                for module in shim._model.modules():
                    for attribute in ("p", "dropout_prob"):
                        if hasattr(module, attribute):
                            setattr(module, attribute, 0.0)


# Gradients --------------------------------------------------------------------------------------------------


def test_update_applies_the_encoder_gradient_of_the_same_batch(make_nlp, make_examples):
    nlp = make_nlp()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    before = weights(nlp)
    losses = nlp.update(examples, sgd=optimizer)
    assert losses.keys() == {"cot_transformer", "cot_ner", "cot_rel"}
    assert all(loss > 0 for loss in losses.values())
    assert changed(before, weights(nlp))


def test_gradients_of_listeners_are_summed(make_nlp, make_examples):
    nlp = make_nlp()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    no_dropout(nlp)
    found = collect_gradients(nlp)
    for component in ("cot_ner", "cot_rel"):
        nlp.get_pipe(component).finish_update = lambda sgd: None
    for excluded in (["cot_rel"], ["cot_ner"], []):
        nlp.update(examples, sgd=optimizer, exclude=excluded)
        nlp.get_pipe("cot_transformer").finish_update(optimizer)
    from_ner, from_rel, from_both = [g for g in found if g]
    assert from_both.keys() == from_ner.keys() | from_rel.keys()
    for name, gradient in from_both.items():
        expected = from_ner.get(name, 0) + from_rel.get(name, 0)
        numpy.testing.assert_allclose(gradient, expected, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("silent", ["cot_ner", "cot_rel"])
def test_listener_that_does_not_answer_does_not_lose_the_others_gradient(make_nlp, make_examples, silent):
    nlp = make_nlp()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    before = weights(nlp)
    nlp.update(examples, sgd=optimizer, exclude=[silent])
    nlp.update(examples, sgd=optimizer, exclude=[silent])
    assert changed(before, weights(nlp))


def test_batch_without_pairs_keeps_the_gradient_of_the_recognizer(make_nlp, make_examples):
    nlp = make_nlp()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    lonely = [
        Example(nlp.make_doc("nothing happens here"), nlp.make_doc("nothing happens here")) for _ in range(2)
    ]
    lonely[0].reference.ents = []
    before = weights(nlp)
    losses = nlp.update(lonely, sgd=optimizer)
    assert losses["cot_rel"] == 0
    assert losses["cot_ner"] > 0
    assert changed(before, weights(nlp))


def test_gradient_accumulation(make_nlp, make_examples):
    """As in `spacy train` with accumulate_gradient: updates without sgd, then finish_update of all."""
    nlp = make_nlp()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    before = weights(nlp)
    for batch in minibatch(examples, 2):
        nlp.update(batch, sgd=False)
        assert not changed(before, weights(nlp))
    found = collect_gradients(nlp)
    for _, pipe in nlp.pipeline:
        pipe.finish_update(optimizer)
    assert found[0]


def test_grad_factor_zero_leaves_the_encoder_alone(make_nlp, make_examples):
    listener = {
        "@architectures": "spacy_cotner.CotListener.v1",
        "grad_factor": 0.0,
        "pooling": {"@layers": "reduce_mean.v1"},
    }
    settings = {"model": {"@architectures": "spacy_cotner.CotNer.v1", "tok2vec": listener}}
    nlp = make_nlp("cot_transformer", "cot_ner", ner=settings)
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    found = collect_gradients(nlp)
    nlp.update(examples, sgd=optimizer)
    assert not any(found)


def test_nobody_listens(make_nlp, make_examples):
    nlp = make_nlp("cot_transformer")
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    assert nlp.update(examples, sgd=optimizer) == {"cot_transformer": 0.0}
    assert nlp(examples[0].text)._.trf_data is not None


# spaCy's own components -------------------------------------------------------------------------------------


def test_stock_ner_and_tagger_train_beside_cot_ner(stock):
    nlp, examples = stock
    for name in ("cot_ner", "ner"):
        with nlp.select_pipes(enable=["cot_transformer", name, "tagger"]):
            scores = nlp.evaluate([Example(nlp.make_doc(eg.text), eg.reference) for eg in examples])
        assert scores["ents_f"] > 0.9, name
        assert scores["tag_acc"] > 0.9


def test_stock_listener_hears_the_student_view_only(make_nlp, make_examples):
    nlp = stock_pipeline(make_nlp, "cot_ner")
    examples = tagged(make_examples(nlp))
    nlp.initialize(lambda: examples)
    transformer = nlp.get_pipe("cot_transformer")
    transformer.update(examples)
    heard = {type(listener): listener._outputs for listener in transformer.listeners}
    assert len(heard[TransformerListener]) == 4
    assert len(heard[CotListener]) == 6


def test_stock_listeners_alone_cost_no_teacher_view(make_nlp, make_examples):
    nlp = stock_pipeline(make_nlp)
    examples = tagged(make_examples(nlp))
    optimizer = nlp.initialize(lambda: examples)
    transformer = nlp.get_pipe("cot_transformer")
    transformer.update(examples)
    assert {len(listener._outputs) for listener in transformer.listeners} == {4}
    nlp.update(examples, sgd=optimizer)


def test_cot_rel_behind_a_stock_ner(make_nlp, make_examples):
    nlp = make_nlp("cot_transformer")
    nlp.add_pipe("ner", config=STOCK_NER)
    nlp.add_pipe("cot_rel")
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 5e-3
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    scores = nlp.evaluate(make_examples(nlp, cot=False))
    assert scores["ents_f"] > 0.9
    assert scores["rel_micro_f"] > 0.9


def test_cot_rel_behind_an_entity_ruler(trained):
    trained.remove_pipe("cot_ner")
    ruler = trained.add_pipe("entity_ruler", first=True)
    ruler.add_patterns(
        [{"label": "PER", "pattern": "Marie Curie"}, {"label": "PER", "pattern": "Pierre Curie"}]
    )
    (relation,) = trained(TEXT)._.relations
    assert (relation.head.text, relation.tail.text, relation.label) == (
        "Marie Curie",
        "Pierre Curie",
        "colleague",
    )


# Frozen, missing, disabled ----------------------------------------------------------------------------------


@pytest.mark.parametrize("annotating", [True, False])
def test_frozen_encoder(make_nlp, make_examples, annotating):
    nlp = make_nlp()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    before = weights(nlp)
    annotates = ["cot_transformer"] if annotating else []
    first = nlp.update(examples, sgd=optimizer, exclude=["cot_transformer"], annotates=annotates)
    for _ in range(20):
        last = nlp.update(examples, sgd=optimizer, exclude=["cot_transformer"], annotates=annotates)
    assert not changed(before, weights(nlp))
    assert last["cot_ner"] < first["cot_ner"] / 2
    assert last["cot_rel"] < first["cot_rel"]


def test_annotating_encoder_that_also_learns(make_nlp, make_examples):
    nlp = make_nlp(encoder={"gradient_checkpointing": True})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    before = weights(nlp)
    nlp.update(examples, sgd=optimizer, annotates=["cot_transformer", "cot_ner"])
    assert changed(before, weights(nlp))


def test_listener_without_encoder(make_nlp, make_examples):
    nlp = make_nlp("cot_ner")
    with pytest.raises(CotnerError, match="add cot_transformer before it"):
        nlp.initialize(lambda: make_examples(nlp))


def test_missing_trf_data_does_not_become_zeros(trained):
    """PITFALL: at prediction a missing trf_data silently becomes zeros. Here the listener encodes."""
    nlp = trained
    text = "Ada Lovelace worked with Charles Babbage in London ."
    expected = nlp(text)
    assert ents(expected)
    with nlp.select_pipes(disable=["cot_transformer"]):
        doc = nlp(text)
    assert ents(doc) == ents(expected)
    assert doc._.relations[0].label == expected._.relations[0].label


def test_encoder_that_was_left_out(model_folder):
    nlp = spacy.load(model_folder, exclude=["cot_transformer"])
    with pytest.raises(CotnerError, match="put cot_transformer before it"):
        nlp("Ada Lovelace worked")


def test_other_tokens_than_the_encoder_has_seen(make_nlp, make_examples):
    nlp = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    nlp.get_pipe("cot_transformer").update(examples)
    with pytest.raises(ValueError, match="Mismatched IDs"):
        nlp.get_pipe("cot_ner").update(examples[:2])


def test_batch_id_knows_order_and_view(make_nlp):
    """PITFALL: the stock id is a sum over tokens, the same for "dog bites man" and "man bites dog"."""
    nlp = make_nlp()
    a, b = nlp.make_doc("dog bites man"), nlp.make_doc("man bites dog")
    assert CotListener.get_batch_id([a]) != CotListener.get_batch_id([b])
    plain = CotListener.get_batch_id([a])
    a._.cot = {"noun": "a dog is an animal"}
    assert CotListener.get_batch_id([a]) != plain


# Empty ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts", [[""], ["", ""], [" "], ["", " ", "\n\n"], ["", "Ada Lovelace worked", " "]]
)
def test_docs_without_words(trained, texts):
    nlp = trained
    docs = list(nlp.pipe(texts))
    assert [doc.text for doc in docs] == texts
    for doc in docs:
        assert doc._.relations == []
    losses = nlp.update(
        [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in texts], sgd=nlp.resume_training()
    )
    assert all(numpy.isfinite(loss) for loss in losses.values())
    nlp.evaluate([Example(nlp.make_doc(text), nlp.make_doc(text)) for text in texts])


@pytest.mark.parametrize("texts", [["", ""], ["", " "]])
def test_docs_without_words_reach_stock_components(stock, texts):
    nlp, examples = stock
    assert [doc.text for doc in nlp.pipe(texts)] == texts
    empty = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in texts]
    nlp.update([*empty, examples[0]], sgd=nlp.resume_training())


def test_own_encoder_from_the_config(make_nlp, train, tiny_encoder):
    """A component can own its encoder: no cot_transformer in the pipeline."""
    tok2vec = {
        "@architectures": "spacy_cotner.CotTransformerTok2Vec.v1",
        "encoder": {
            "@architectures": "spacy_cotner.CotTransformerModel.v1",
            "name": tiny_encoder,
            "cot_length": 32,
            "window": 64,
            "stride": 48,
        },
        "pooling": {"@layers": "reduce_mean.v1"},
    }
    settings = {"model": {"@architectures": "spacy_cotner.CotNer.v1", "tok2vec": tok2vec}}
    nlp = train(make_nlp("cot_ner", ner=settings))
    assert ents(nlp(TEXT)) == [("Marie Curie", "PER"), ("Pierre Curie", "PER"), ("Paris", "LOC")]


def test_long_doc_with_all_components(trained):
    nlp = trained
    doc = nlp(Doc(nlp.vocab, words=TEXT.split() * 60))
    assert len(doc) == 540
    assert {ent.text for ent in doc.ents} >= {"Marie Curie", "Pierre Curie"}
    assert doc.ents[-1].start > 500
