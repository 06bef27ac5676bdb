"""`cot_rel`."""

from __future__ import annotations

import numpy
import pytest
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed

from spacy_cotner import CotnerError
from spacy_cotner.modules import pairs as pairs_module
from spacy_cotner.pipeline.distillation import Distillation
from spacy_cotner.pipeline.training_pairs import training_pairs
from spacy_cotner.pipeline.views import training_views

TEXT = "Marie Curie worked with Pierre Curie in Paris ."


def relations(doc):
    return {(r.head.text, r.tail.text, r.label) for r in doc._.relations}


def with_ents(nlp, text=TEXT, spans=((0, 2, "PER"), (4, 6, "PER"), (7, 8, "LOC"))):
    doc = nlp.make_doc(text)
    doc.ents = [Span(doc, start, end, label=label) for start, end, label in spans]
    return doc


# Learning ---------------------------------------------------------------------------------------------------


def test_overfits_and_direction_matters(trained, make_examples):
    doc = trained(TEXT)
    assert relations(doc) == {("Marie Curie", "Pierre Curie", "colleague"), ("Marie Curie", "Paris", "lives")}
    assert all(0.3 < r.score <= 1 for r in doc._.relations)
    scores = trained.evaluate(make_examples(trained))
    assert scores["rel_micro_f"] == scores["rel_gold_ents_micro_f"] == 1.0


def test_same_seed_same_weights(make_nlp, make_examples):
    results = []
    for _ in range(2):
        fix_random_seed(7)
        nlp = make_nlp()
        fix_random_seed(7)
        examples = make_examples(nlp)
        optimizer = nlp.initialize(lambda examples=examples: examples)
        results.append([nlp.update(examples, sgd=optimizer) for _ in range(3)])
    assert results[0] == results[1]


def one_hot(*rows):
    """Targets: for each text the column of what holds for each pair, 0 for no relation."""
    return [numpy.eye(3, dtype="f")[numpy.asarray(row, dtype=int)] for row in rows]


def test_weights_of_the_terms(rel, make_examples):
    pipe, examples = rel.get_pipe("cot_rel"), make_examples(rel)
    views = training_views(examples)
    targets = one_hot([1, 2, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0], [0, 0], [])
    logits = numpy.random.default_rng(0).normal(size=(14 + 12, 3)).astype("f")

    def loss(*settings):
        pipe.distillation = Distillation(*settings)
        return pipe.get_loss(examples, logits, targets, views)[0]

    student, teacher, kl = loss(0, 0), loss(1, 0) - loss(0, 0), loss(0, 1) - loss(0, 0)
    assert min(student, teacher, kl) > 0
    assert loss(0.5, 2) == pytest.approx(student + 0.5 * teacher + 2 * kl, rel=1e-4)


def test_kl_has_no_gradient_when_the_views_agree(rel, make_examples):
    pipe, examples = rel.get_pipe("cot_rel"), make_examples(rel)[:1]
    pipe.distillation = Distillation(teacher_weight=0.0, temperature=2.0)
    one = numpy.random.default_rng(0).normal(size=(6, 3)).astype("f")
    views, targets = training_views(examples), one_hot([1, 2, 0, 0, 0, 0])
    both = numpy.concatenate([one, one])
    with_kl = pipe.get_loss(examples, both, targets, views)
    pipe.distillation = Distillation(teacher_weight=0.0, kl_weight=0.0)
    without = pipe.get_loss(examples, both, targets, views)
    assert with_kl[0] == pytest.approx(without[0], abs=1e-5)
    numpy.testing.assert_allclose(with_kl[1], without[1], atol=1e-6)


def test_teacher_pairs_are_matched_with_their_student_pairs(rel, make_examples):
    """Only the second example has an explanation: its pairs come after those of the first."""
    pipe, examples = rel.get_pipe("cot_rel"), make_examples(rel)[:2]
    examples[0].reference._.cot = {}
    pipe.distillation = Distillation(teacher_weight=0.0, kl_weight=1.0)
    student = numpy.random.default_rng(0).normal(size=(12, 3)).astype("f")
    both = numpy.concatenate([student, student[6:]])
    targets = one_hot([1, 2, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0])
    views = training_views(examples)
    assert views.owners == [1]
    loss, _ = pipe.get_loss(examples, both, targets, views)
    pipe.distillation = Distillation(0.0, 0.0)
    assert loss == pytest.approx(pipe.get_loss(examples, both, targets, views)[0], abs=1e-5)


@pytest.mark.parametrize("texts", [["nothing here"], ["nothing", ""], ["Paris"]])
def test_batch_without_pairs(rel, texts):
    examples = [Example(rel.make_doc(text), rel.make_doc(text)) for text in texts]
    losses = rel.update(examples, sgd=rel.resume_training())
    assert losses["cot_rel"] == 0.0


def test_pair_with_a_label_that_is_unknown_is_not_learnt_as_no_relation(rel, make_examples):
    (example, *_) = make_examples(rel)
    head, tail, _ = example.reference.ents
    example.reference._.relations = [(head, tail, "unheard")]
    pipe = rel.get_pipe("cot_rel")
    (gold,) = training_pairs([example], pipe.settings, pipe.findings)
    assert len(gold.pairs) == 5
    assert (head.start, head.end, tail.start, tail.end) not in gold.pairs
    with pytest.warns(UserWarning, match="cot_rel: 1 left out: relation whose label"):
        pipe.findings.warn(pipe.name)
    assert numpy.isfinite(rel.update([example], sgd=rel.resume_training())["cot_rel"])
    assert pipe.labels == ("colleague", "lives")


def test_explanation_on_the_doc_changes_what_is_predicted(rel):
    scores = []
    for cot in ({}, {"noun": "Paris is a city"}):
        doc = with_ents(rel)
        doc._.cot = cot
        rel.get_pipe("cot_transformer")(doc)
        scores.append(rel.get_pipe("cot_rel").predict_pairs([doc], [[(0, 2, 4, 6), (0, 2, 7, 8)]])[0][1])
    assert not numpy.allclose(*scores, atol=1e-4)


# Labels -----------------------------------------------------------------------------------------------------


def test_no_labels(make_nlp, make_examples):
    nlp = make_nlp("cot_transformer", "cot_rel")
    examples = make_examples(nlp)[2:]
    with pytest.raises(CotnerError, match=r"no relation labels .*initialize.components.cot_rel"):
        nlp.initialize(lambda: examples)


def test_no_relation_is_not_a_label(make_nlp, make_examples):
    nlp = make_nlp("cot_transformer", "cot_rel")
    examples = make_examples(nlp)
    head, tail = examples[2].reference.ents
    examples[2].reference._.relations = [(head, tail, "None")]
    nlp.initialize(lambda: examples)
    assert nlp.get_pipe("cot_rel").labels == ("colleague", "lives")


def test_no_relation_given_as_a_label_is_left_out(make_nlp, make_examples):
    nlp = make_nlp("cot_transformer", "cot_rel")
    nlp.config["initialize"]["components"]["cot_rel"] = {"labels": ["None", "lives"]}
    nlp.initialize(lambda: make_examples(nlp))
    assert nlp.get_pipe("cot_rel").labels == ("lives",)


def test_not_initialized(make_nlp):
    nlp = make_nlp("cot_transformer", "cot_rel")
    with pytest.raises(ValueError, match="initialize"):
        nlp.get_pipe("cot_rel").predict([with_ents(nlp)])


# Predictions ------------------------------------------------------------------------------------------------


def test_threshold_and_distance(trained):
    pipe = trained.get_pipe("cot_rel")
    assert relations(trained(TEXT))
    pipe.cfg["threshold"] = 1.01
    assert relations(trained(TEXT)) == set()
    pipe.cfg["threshold"] = 0.0
    assert len(trained(TEXT)._.relations) == 6
    pipe.cfg["max_distance"] = 3
    assert {(r.head.start, r.tail.start) for r in trained(TEXT)._.relations} == {(4, 7), (7, 4)}


@pytest.mark.parametrize("spans", [[], [(0, 2, "PER")]])
def test_fewer_than_two_entities(trained, spans):
    doc = with_ents(trained, spans=spans)
    for name in ("cot_transformer", "cot_rel"):
        doc = trained.get_pipe(name)(doc)
    assert doc._.relations == []
    assert doc.user_data[("spacy_cotner", "relations")] == []  # looked, and found none


def test_doc_of_200_entities_in_bounded_memory(trained, monkeypatch):
    """40,000 pairs: their features alone would be 20 MB at width 32, and 250 MB at width 384."""
    words = ["Paris", "and"] * 200
    doc = Doc(trained.vocab, words=words)
    doc.ents = [Span(doc, i, i + 1, label="LOC") for i in range(0, 400, 2)]
    pipe = trained.get_pipe("cot_rel")
    pipe.cfg |= {"max_distance": 0, "max_pairs": 5000, "threshold": 0.0}
    trained.get_pipe("cot_transformer")(doc)
    sizes, batches = [], []
    head = pipe.model.get_ref("output").shims[0]._model
    head.register_forward_hook(lambda layer, inputs, output: batches.append(len(output)))
    head.layers[1].register_forward_hook(lambda layer, inputs, output: sizes.append(len(output)))
    (found,) = pipe.predict([doc])
    assert len(found) == sum(sizes) == sum(batches) == 200 * 199
    assert max(sizes) <= pairs_module.CHUNK
    assert max(batches) <= 5000
    pipe.set_annotations([doc], [found])
    assert len(doc._.relations) == 200 * 199


# Scores -----------------------------------------------------------------------------------------------------


def test_gold_pairs_lost_to_missed_entities_are_false_negatives(trained, make_examples):
    """PITFALL: a scorer that loops over predicted pairs only inflates recall."""
    examples = make_examples(trained)[:2]
    trained.remove_pipe("cot_ner")
    ruler = trained.add_pipe("entity_ruler", first=True)
    ruler.add_patterns(
        [{"label": "PER", "pattern": "Marie Curie"}, {"label": "PER", "pattern": "Pierre Curie"}]
    )
    scores = trained.evaluate(examples)
    assert scores["rel_micro_p"] == 1.0
    assert scores["rel_micro_r"] == 0.25  # one of four
    assert scores["rel_gold_ents_micro_r"] == 1.0


def test_scores_are_none_without_annotation(trained):
    scores = trained.evaluate([Example(trained.make_doc(TEXT), trained.make_doc(TEXT))])
    assert {scores[key] for key in scores if key.startswith("rel_")} == {None}


def test_scores_of_docs_that_come_from_elsewhere(trained, make_examples):
    """`Scorer.score` on Docs without trf_data, e.g. read from a DocBin."""
    examples = make_examples(trained)
    scores = trained.get_pipe("cot_rel").score(examples)
    assert scores["rel_micro_r"] == 0.0
    assert scores["rel_gold_ents_micro_f"] == 1.0
