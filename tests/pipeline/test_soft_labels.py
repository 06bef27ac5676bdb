"""Soft labels: on the Doc, from a teacher, to a student."""

from __future__ import annotations

import pickle

import numpy
import pytest
import spacy
import torch
from gold import COT, gold_docs
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import warmup_linear, xp2torch

from spacy_cotner import CotnerError
from spacy_cotner.modules import crf
from spacy_cotner.pipeline.distillation import Distillation, make_distillation
from spacy_cotner.pipeline.labelling import label_softly
from spacy_cotner.pipeline.soft import aligned_rows
from spacy_cotner.pipeline.views import training_views
from spacy_cotner.types import TEACHER_ONLY_KEY, SoftLabels


def bare_example(nlp, text="Ada Lovelace worked", cot=None):
    reference = nlp.make_doc(text)
    reference._.cot = cot or {}
    return Example(nlp.make_doc(text), reference)


def random_scores(*shape):
    generator = torch.Generator().manual_seed(0)
    tags = shape[-1]
    return torch.randn(*shape, generator=generator).numpy(), torch.randn(
        tags, tags, generator=generator
    ).numpy()


def test_soft_labels_survive(tmp_path):
    doc = spacy.blank("en")("Ada met Charles")
    assert doc._.soft_labels == {}
    probabilities = numpy.asarray([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]])
    pairs = numpy.asarray([[0, 1, 2, 3]])
    doc._.soft_labels = {
        "cot_ner": SoftLabels(("O", "B-PER"), probabilities),
        "cot_rel": SoftLabels(("None", "met"), probabilities[:1], pairs),
    }
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "x.spacy")
    (read,) = DocBin().from_disk(tmp_path / "x.spacy").get_docs(doc.vocab)
    for copy in (read, Doc(doc.vocab).from_bytes(doc.to_bytes()), pickle.loads(pickle.dumps(doc))):
        soft = copy._.soft_labels
        assert soft["cot_ner"].labels == ("O", "B-PER")
        assert (soft["cot_ner"].probabilities == probabilities).all()
        assert soft["cot_ner"].pairs.shape == (0, 4)
        assert (soft["cot_rel"].pairs == pairs).all()


def test_a_student_that_agrees_with_its_soft_labels_has_nothing_to_learn(ner):
    pipe, example = ner.get_pipe("cot_ner"), bare_example(ner)
    scores = random_scores(1, 3, pipe.n_outputs)
    potentials, transitions = (xp2torch(array) for array in scores)
    constrained = pipe._constrain(pipe.tags, potentials, transitions, [example.predicted])
    opinion = crf.log_marginals(*constrained).exp()[0].numpy()
    for soft, agrees in ((opinion, True), (numpy.roll(opinion, 1, axis=0), False)):
        example.reference._.soft_labels = {"cot_ner": SoftLabels(pipe.classes, soft)}
        loss, (d_potentials, _) = pipe.get_loss([example], scores, training_views([example]))
        assert (loss < 1e-4) == agrees
        assert (numpy.abs(d_potentials).max() < 1e-2) == agrees  # soft labels are kept in half precision


def test_soft_labels_take_the_place_of_the_teacher_view_in_the_kl_term(ner):
    pipe, example = ner.get_pipe("cot_ner"), bare_example(ner, cot=COT)
    flat = numpy.full((3, pipe.n_outputs), 1 / pipe.n_outputs)
    example.reference._.soft_labels = {"cot_ner": SoftLabels(pipe.classes, flat)}
    views = training_views([example])
    first = random_scores(2, 3, pipe.n_outputs)
    other = numpy.concatenate([first[0][:1], first[0][1:] * 9]), first[1]
    losses = [pipe.get_loss([example], scores, views)[0] for scores in (first, other)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_weight_of_a_text(ner, make_examples):
    pipe, examples = ner.get_pipe("cot_ner"), make_examples(ner)
    views = training_views(examples)
    scores = random_scores(6, max(len(eg.predicted) for eg in examples), pipe.n_outputs)
    full = pipe.get_loss(examples, scores, views)[0]
    for eg in examples:
        eg.reference._.example_weight = 0.5
    assert pipe.get_loss(examples, scores, views)[0] == pytest.approx(full / 2, rel=1e-5)


def test_rows_of_tokens_that_both_tokenizations_know():
    vocab = spacy.blank("en").vocab
    reference = Doc(vocab, words=["Ada", "Lovelace", "'s", "work"], spaces=[True, False, True, False])
    predicted = Doc(vocab, words=["Ada", "Lovelace's", "work"], spaces=[True, True, False])
    rows = numpy.asarray([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])
    soft = SoftLabels(("O", "B-PER"), rows)
    known, values = aligned_rows(Example(predicted, reference), soft, ("B-PER", "O"))
    assert known == [0, 2]
    assert values.tolist() == [[0.9, 0.1], [0.6, 0.4]]


def test_a_teacher_labels_the_view_that_the_doc_chooses(trained):
    texts = gold_docs(trained)[:2]
    with_cot = [doc._.soft_labels["cot_ner"] for doc in label_softly(texts, [trained])]
    text_only = [doc._.soft_labels["cot_ner"] for doc in label_softly(texts, [trained], text_only=True)]
    assert [len(doc) for doc in texts] == [len(soft.probabilities) for soft in with_cot]
    for a, b in zip(with_cot, text_only, strict=True):
        assert a.probabilities.sum(1) == pytest.approx(1, abs=1e-2)
        assert not numpy.allclose(a.probabilities, b.probabilities)
    assert texts[0]._.cot == COT  # it works on copies
    assert [ent.label_ for ent in texts[0].ents] == ["PER", "PER", "LOC"]
    first, second = (next(label_softly(gold_docs(trained)[:1], t)) for t in ([trained], [trained, trained]))
    assert first._.soft_labels["cot_ner"].probabilities == pytest.approx(
        second._.soft_labels["cot_ner"].probabilities
    )


def test_a_student_learns_from_soft_labels_alone(make_nlp, trained):
    """No gold annotation, no CoT: all that it knows it knows from its teacher."""
    examples = []
    for doc in label_softly(gold_docs(trained), [trained]):
        reference = trained.make_doc(doc.text)
        reference._.soft_labels = doc._.soft_labels
        examples.append(Example(trained.make_doc(doc.text), reference))
    student = make_nlp("cot_transformer", "cot_ner")
    student.initialize(lambda: examples)
    assert student.get_pipe("cot_ner").labels == trained.get_pipe("cot_ner").labels
    sgd = student.create_optimizer()
    sgd.learn_rate = 0.01
    for _ in range(60):
        student.update(examples, sgd=sgd)
    doc = student("Ada Lovelace worked with Charles Babbage in London .")
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("Ada Lovelace", "PER"),
        ("Charles Babbage", "PER"),
        ("London", "LOC"),
    ]


def test_a_teacher_with_other_labels_is_refused(make_nlp, make_examples):
    nlp = make_nlp("cot_transformer", "cot_ner")
    examples = make_examples(nlp)
    rows = numpy.full((len(examples[0].reference), 3), 1 / 3)
    examples[0].reference._.soft_labels = {"cot_ner": SoftLabels(("O", "B-PER", "I-PER"), rows)}
    with pytest.raises(CotnerError, match=r"lacks B-LOC, I-LOC.*same labels and tag scheme"):
        nlp.initialize(lambda: examples)


def test_soft_labels_of_another_tokenization_are_refused(ner, make_nlp, make_examples):
    classes = ner.get_pipe("cot_ner").classes
    examples = make_examples(ner)
    examples[0].reference._.soft_labels = {"cot_ner": SoftLabels(classes, numpy.zeros((2, len(classes))))}
    nlp = make_nlp("cot_transformer", "cot_ner")
    with pytest.raises(CotnerError, match=r"9 tokens has soft labels for 2"):
        nlp.initialize(lambda: examples)


def test_gold_labels_in_the_explanation_are_told(make_nlp, make_examples):
    nlp = make_nlp("cot_transformer", "cot_ner")
    examples = make_examples(nlp)
    examples[0].reference._.cot = {"noun": "Ada Lovelace (PER) met Charles Babbage (PER)"}
    with pytest.warns(UserWarning, match=r"cot_ner: 1 of 2 explained Docs .* repeat gold labels"):
        nlp.initialize(lambda: examples)


def test_a_teacher_without_our_components_is_refused():
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    with pytest.raises(CotnerError, match="only sentencizer"):
        list(label_softly([nlp("a")], [nlp]))


def test_weights_follow_a_schedule_and_pickle_to_what_they_have_reached():
    distillation = make_distillation(teacher_weight=0.5, kl_weight=warmup_linear(1.0, 2, 4))
    weights = [distillation.next_weights() for _ in range(4)]
    assert weights == [(0.5, 0.0), (0.5, 0.5), (0.5, 1.0), (0.5, 0.5)]
    copy = pickle.loads(pickle.dumps(distillation))
    assert copy.next_weights() == copy.next_weights() == (0.5, 0.5)
    assert isinstance(copy, Distillation)
    ended = make_distillation(kl_weight=iter([1.0, 2.0]))
    assert [ended.next_weights()[1] for _ in range(3)] == [1.0, 2.0, 2.0]


def test_a_teacher_alone_learns_from_its_explanations_only(ner, make_examples):
    """What the texts do not say, and only the explanations tell apart."""
    examples = []
    for kind, label in (("person", "PER"), ("city", "LOC")) * 2:
        reference = ner.make_doc("Ada Lovelace worked")
        reference._.cot = {"noun": f"{kind} {kind} {kind}"}
        reference.ents = [Span(reference, 0, 2, label=label)]
        examples.append(Example(ner.make_doc(reference.text), reference))
        examples[-1].predicted.user_data[TEACHER_ONLY_KEY] = True
    optimizer = ner.resume_training()
    optimizer.learn_rate = 0.01
    for _ in range(60):
        ner.update(examples, sgd=optimizer)
    for eg in examples[:2]:
        doc = ner.make_doc(eg.reference.text)
        doc._.cot = eg.reference._.cot
        assert [ent.label_ for ent in ner(doc).ents] == [ent.label_ for ent in eg.reference.ents]
