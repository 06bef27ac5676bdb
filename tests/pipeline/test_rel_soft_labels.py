"""Soft labels of pairs: from a teacher, to a student."""

from __future__ import annotations

import numpy
import pytest
from gold import COT, gold_docs
from spacy.training import Example

from spacy_cotner.data.mixed import without_labels
from spacy_cotner.pipeline.labelling import label_softly
from spacy_cotner.pipeline.soft_pairs import soft_pairs
from spacy_cotner.pipeline.views import training_views
from spacy_cotner.types import SoftLabels


def unlabelled(nlp, doc):
    return without_labels(Example(nlp.make_doc(doc.text), doc), keep_ents=True)


def test_a_teacher_labels_candidates_or_the_listed_pairs(trained):
    everything, listed = gold_docs(trained)[:2]
    listed._.relations_complete = False
    docs = list(label_softly([everything, listed], [trained], text_only=True))
    soft = [doc._.soft_labels["cot_rel"] for doc in docs]
    assert soft[0].labels == ("None", "colleague", "lives")
    assert len(soft[0].pairs) == 6
    assert len(soft[1].pairs) == len(listed._.relations) == 2
    assert soft[0].probabilities.sum(1) == pytest.approx(1, abs=1e-2)
    colleague = soft[0].pairs.tolist().index([0, 2, 4, 6])
    assert soft[0].probabilities[colleague].argmax() == 1


def test_a_student_that_agrees_with_its_soft_labels_has_nothing_to_learn(trained):
    pipe = trained.get_pipe("cot_rel")
    (doc,) = label_softly(gold_docs(trained)[:1], [trained], text_only=True)
    example = unlabelled(trained, doc)
    pairs = soft_pairs([example], "cot_rel", pipe.classes)
    assert pairs.rows[:, 0].tolist() == [0] * 6
    logits = numpy.log(pairs.probabilities + 1e-6)
    empty = numpy.zeros((0, 3), dtype="f")
    targets, views = [numpy.zeros((0, 3), dtype="f")], training_views([example])
    assert pipe.get_loss([example], empty, targets, views, (logits, pairs))[0] == pytest.approx(0, abs=1e-3)
    loss, gradient = pipe.get_loss([example], empty, targets, views, (logits[:, ::-1].copy(), pairs))
    assert loss > 1
    assert gradient.shape == (6, 3)
    example.reference._.weight = 0.5
    half, _ = pipe.get_loss([example], empty, targets, views, (logits[:, ::-1].copy(), pairs))
    assert half == pytest.approx(loss / 2, rel=1e-5)


def test_soft_labels_take_the_place_of_the_teacher_view(trained):
    pipe = trained.get_pipe("cot_rel")
    (doc,) = gold_docs(trained)[:1]
    pairs = numpy.asarray([[0, 2, 4, 6]])
    doc._.soft_labels = {"cot_rel": SoftLabels(pipe.classes, numpy.asarray([[0.2, 0.5, 0.3]]), pairs)}
    example = Example(trained.make_doc(doc.text), doc)
    assert doc._.cot == COT
    targets, views = [numpy.asarray([[0.0, 1.0, 0.0]], dtype="f")], training_views([example])
    soft = soft_pairs([example], "cot_rel", pipe.classes)
    own = numpy.asarray([[0.0, 1.0, 0.0]], dtype="f")
    # Two teachers that the task loss finds equally good, and that think differently.
    losses = []
    for teacher in ([2.0, 1.0, -2.0], [-2.0, 1.0, 2.0]):
        scores = numpy.asarray([[0.0, 1.0, 0.0], teacher], dtype="f")
        losses.append(pipe.get_loss([example], scores, targets, views, (own, soft))[0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_a_student_learns_relations_from_soft_labels_alone(make_nlp, trained):
    docs = list(label_softly(gold_docs(trained), [trained], text_only=True))
    examples = [unlabelled(trained, doc) for doc in docs]
    assert not any(eg.reference._.relations for eg in examples)
    student = make_nlp("cot_transformer", "cot_rel")
    student.initialize(lambda: examples)
    pipe = student.get_pipe("cot_rel")
    assert pipe.labels == trained.get_pipe("cot_rel").labels
    sgd = student.create_optimizer()
    sgd.learn_rate = 0.01
    for _ in range(60):
        student.update(examples, sgd=sgd)
    doc = student.make_doc("Ada Lovelace worked with Charles Babbage in London .")
    doc.ents = [doc.char_span(0, 12, "PER"), doc.char_span(25, 40, "PER"), doc.char_span(44, 50, "LOC")]
    found = {(r.head.text, r.label, r.tail.text) for r in student(doc)._.relations}
    assert ("Ada Lovelace", "colleague", "Charles Babbage") in found
