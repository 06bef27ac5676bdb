"""One encoder, two tasks, and texts that are annotated for one of them."""

from __future__ import annotations

import pytest
import spacy
import torch
from gold import gold_docs
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_cotner.types import RELATIONS_KEY, has_relations

NAMES = ("cot_transformer", "cot_ner", "cot_rel")
LISTENER = {"@architectures": "spacy_cotner.CotListener.v1", "pooling": {"@layers": "reduce_mean.v1"}}
MARKERS = {"@architectures": "spacy_cotner.CotRelMarker.v1", "tok2vec": LISTENER}


def for_entities(nlp, cot=False):
    """Texts of a corpus in which relations were never annotated."""
    docs = gold_docs(nlp, cot)
    for doc in docs:
        del doc.user_data[RELATIONS_KEY]
    assert not any(map(has_relations, docs))
    return docs


def for_relations(nlp, cot=False):
    """Texts of a corpus that lists pairs, and in which entities were never annotated."""
    docs = gold_docs(nlp, cot)
    for doc in docs:
        doc.set_ents([], default="missing")
        doc._.relations_complete = False
    assert not any(doc.has_annotation("ENT_IOB") for doc in docs)
    return docs


def examples_of(nlp, docs):
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


@pytest.fixture(params=["fast", "markers"])
def joint(request, make_nlp, make_examples):
    """A pipeline for both tasks that has learnt nothing yet, without dropout."""
    nlp = make_nlp(*NAMES, rel={"model": MARKERS} if request.param == "markers" else {})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    for module in modules(nlp).values():
        for part in module.modules():
            for name in ("p", "dropout_prob"):
                if hasattr(part, name):
                    setattr(part, name, 0.0)
    return nlp


def modules(nlp):
    """Encoder and heads by component."""
    return {
        name: shim._model for name, pipe in nlp.pipeline for node in pipe.model.walk() for shim in node.shims
    }


def gradients(nlp, docs):
    """By component and weight, after one update on these texts."""
    for module in modules(nlp).values():
        module.zero_grad(set_to_none=True)
    losses = nlp.update(examples_of(nlp, docs), sgd=False)
    nlp.get_pipe("cot_transformer")._land()  # if a component is disabled, its answer does not come
    found = {
        (name, weight): torch.zeros_like(values) if values.grad is None else values.grad.clone()
        for name, module in modules(nlp).items()
        for weight, values in module.named_parameters()
    }
    return losses, found


def size(found, component):
    return max(float(values.abs().max()) for (name, _), values in found.items() if name == component)


@pytest.mark.parametrize("cot", [False, True])
def test_texts_without_relations_teach_the_extractor_nothing(joint, cot):
    losses, found = gradients(joint, for_entities(joint, cot))
    assert losses["cot_rel"] == 0.0
    assert size(found, "cot_rel") == 0.0
    assert size(found, "cot_ner") > 0
    # What reaches the encoder comes from the recognizer alone.
    joint.disable_pipe("cot_rel")
    alone = gradients(joint, for_entities(joint, cot))[1]
    for key, values in found.items():
        if key[0] == "cot_transformer":
            torch.testing.assert_close(values, alone[key], atol=1e-5, rtol=1e-4)


def test_texts_without_entities_teach_the_recognizer_nothing(joint):
    losses, found = gradients(joint, for_relations(joint))
    assert losses["cot_ner"] == pytest.approx(0.0, abs=1e-5)
    assert size(found, "cot_ner") < 1e-5
    assert losses["cot_rel"] > 0
    assert size(found, "cot_rel") > 0


def test_two_corpora_in_one_batch(joint):
    """Each text counts as much as in a batch of its own corpus: the sum of both gradients, by batch size."""
    first, second = for_entities(joint), for_relations(joint)
    entities, relations = gradients(joint, first)[1], gradients(joint, second)[1]
    losses, mixed = gradients(joint, [doc for both in zip(first, second, strict=True) for doc in both])
    assert min(losses["cot_ner"], losses["cot_rel"]) > 0
    for key, values in mixed.items():
        expected = (entities[key] + relations[key]) / 2
        torch.testing.assert_close(values, expected, atol=1e-4, rtol=1e-3)


def test_both_tasks_are_learnt_from_two_corpora(joint):
    entities, relations = for_entities(joint)[:1], for_relations(joint)[1:2]
    optimizer = joint.resume_training()
    optimizer.learn_rate = 5e-3
    for _ in range(40):
        joint.update(examples_of(joint, [*entities, *relations]), sgd=optimizer)
    doc = joint("Ada Lovelace worked with Charles Babbage in London .")
    assert [ent.label_ for ent in doc.ents] == ["PER", "PER", "LOC"]
    scores = joint.evaluate(examples_of(joint, relations))
    assert scores["rel_gold_ents_micro_f"] == 1.0
    assert scores["ents_f"] is None
    assert joint.evaluate(examples_of(joint, entities))["rel_gold_ents_micro_f"] is None


def test_one_pass_of_the_encoder_serves_both_tasks(trained):
    read = []
    encoder = modules(trained)["cot_transformer"]
    encoder.transformer.register_forward_hook(
        lambda module, args, kwargs, output: read.append(len(kwargs["inputs_embeds"])), with_kwargs=True
    )
    texts = ["Marie Curie worked with Pierre Curie in Paris .", "nothing happens here", ""]
    docs = list(trained.pipe(texts * 3))
    assert any(doc._.relations for doc in docs)
    assert any(doc.ents for doc in docs)
    assert sum(read) == 6  # each text that has words, once


def test_many_entities_one_pass(trained):
    read = []
    doc = Doc(spacy.blank("en").vocab, words=["Paris", "and"] * 20)
    doc = Doc(trained.vocab, words=[token.text for token in doc])
    doc.ents = [Span(doc, i, i + 1, label="LOC") for i in range(0, 40, 2)]
    modules(trained)["cot_transformer"].transformer.register_forward_hook(
        lambda module, args, kwargs, output: read.append(len(kwargs["inputs_embeds"])), with_kwargs=True
    )
    trained.get_pipe("cot_rel").cfg |= {"threshold": 0.0, "max_pairs": 50}
    for name in ("cot_transformer", "cot_rel"):
        doc = trained.get_pipe(name)(doc)
    assert len(doc._.relations) == 20 * 19
    assert sum(read) == 1
