"""`cot_ner`."""

from __future__ import annotations

import numpy
import pytest
import torch
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Corpus, Example
from thinc.api import fix_random_seed

from spacy_cotner import CotnerError
from spacy_cotner.pipeline.distillation import Distillation
from spacy_cotner.pipeline.views import training_views

TEXT = "Marie Curie worked with Pierre Curie in Paris ."
ENTS = [("Marie Curie", "PER"), ("Pierre Curie", "PER"), ("Paris", "LOC")]


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def scores_of(potentials):
    """Random CRF scores for views of the given number."""
    generator = torch.Generator().manual_seed(0)
    return (
        torch.randn(*potentials, generator=generator).numpy(),
        torch.randn(potentials[-1], potentials[-1], generator=generator).numpy(),
    )


# Learning ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["bio", "bilou"])
def test_overfits(make_nlp, train, make_examples, scheme):
    nlp = train(make_nlp("cot_transformer", "cot_ner", ner={"scheme": scheme}))
    doc = nlp(TEXT)
    assert ents(doc) == ENTS
    assert all(0.5 < ent._.confidence <= 1 for ent in doc.ents)
    assert doc[0:1]._.confidence is None
    scores = nlp.evaluate(make_examples(nlp))
    assert scores["ents_f"] == 1.0


def test_overfits_with_other_tokens_than_the_annotation(make_nlp, make_examples):
    """The reference's entities are projected onto the predicted Doc's tokens."""
    nlp = make_nlp("cot_transformer", "cot_ner")
    examples = []
    for eg in make_examples(nlp):
        text = eg.reference.text
        words = [piece for word in text.split(" ") for piece in (word[:2], word[2:]) if piece]
        spaces = [s for word in text.split(" ") for s in ([True] if len(word) <= 2 else [False, True])]
        predicted = Doc(nlp.vocab, words=words, spaces=[*spaces[:-1], False])
        assert predicted.text == text
        examples.append(Example(predicted, eg.reference))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 5e-3
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    doc = nlp(examples[1].predicted.copy())
    assert ents(doc) == ENTS


def test_same_seed_same_weights(make_nlp, make_examples):
    results = []
    for _ in range(2):
        fix_random_seed(7)
        nlp = make_nlp("cot_transformer", "cot_ner")
        fix_random_seed(7)
        examples = make_examples(nlp)
        optimizer = nlp.initialize(lambda examples=examples: examples)
        results.append([nlp.update(examples, sgd=optimizer) for _ in range(3)])
    assert results[0] == results[1]


def test_labels_are_learnt_from_the_annotated_tokens_only(make_nlp):
    nlp = make_nlp("cot_transformer", "cot_ner")
    reference = Doc(nlp.vocab, words=["Ada", "Lovelace", "in", "London"], ents=["B-PER", "I-PER", "", ""])
    assert [token.ent_iob_ for token in reference] == ["B", "I", "", ""]
    example = Example(Doc(nlp.vocab, words=["Ada", "Lovelace", "in", "London"]), reference)
    nlp.initialize(lambda: [example])
    _, d_scores = nlp.get_pipe("cot_ner").get_loss([example], scores_of((1, 4, 3)), training_views([example]))
    assert numpy.abs(d_scores[0][0, :2]).sum() > 0.1
    example.reference.set_ents([], missing=[example.reference[0:4]])
    loss, d_scores = nlp.get_pipe("cot_ner").get_loss(
        [example], scores_of((1, 4, 3)), training_views([example])
    )
    assert loss == pytest.approx(0, abs=1e-5)
    assert numpy.abs(d_scores[0]).max() < 1e-5


def test_unlabelled_text_with_explanation_takes_part_in_the_kl_term_only(ner):
    reference = ner.make_doc("Ada Lovelace worked")
    reference._.cot = {"noun": "Ada Lovelace is a person"}
    example = Example(ner.make_doc(reference.text), reference)
    pipe = ner.get_pipe("cot_ner")
    n_tags = pipe.n_outputs
    views = training_views([example])
    loss, d_scores = pipe.get_loss([example], scores_of((2, 3, n_tags)), views)
    assert loss > 0
    assert numpy.abs(d_scores[0][0]).max() > 0  # the student moves
    assert numpy.abs(d_scores[0][1]).max() < 1e-6  # the teacher does not
    pipe.distillation = Distillation(kl_weight=0.0)
    loss, d_scores = pipe.get_loss([example], scores_of((2, 3, n_tags)), views)
    assert loss == pytest.approx(0, abs=1e-5)
    assert numpy.isfinite(ner.update([example], sgd=ner.resume_training())["cot_ner"])


def test_batch_without_any_label(ner):
    examples = [Example(ner.make_doc("Ada Lovelace worked"), ner.make_doc("Ada Lovelace worked"))] * 2
    assert ner.update(examples, sgd=ner.resume_training())["cot_ner"] == pytest.approx(0, abs=1e-5)


def test_unknown_label_says_nothing(ner, make_examples):
    (example, *_) = make_examples(ner)
    example.reference.ents = [Span(example.reference, 0, 2, label="UNHEARD")]
    losses = ner.update([example], sgd=ner.resume_training())
    assert numpy.isfinite(losses["cot_ner"])
    assert ner.get_pipe("cot_ner").labels == ("LOC", "PER")


# Both views -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_kl_has_no_gradient_when_the_views_agree(ner, make_examples, temperature):
    pipe = ner.get_pipe("cot_ner")
    pipe.distillation = Distillation(
        teacher_weight=0.0, kl_weight=1.0, temperature=temperature, detach_teacher=False
    )
    (example, *_) = make_examples(ner)
    example.reference.set_ents([], missing=[example.reference[:]])
    one = scores_of((1, len(example.predicted), pipe.n_outputs))
    same = numpy.concatenate([one[0], one[0]]), one[1]
    loss, d_scores = pipe.get_loss([example], same, training_views([example]))
    assert loss == pytest.approx(0, abs=1e-5)
    assert max(numpy.abs(d).max() for d in d_scores) < 1e-5
    other = numpy.concatenate([one[0], one[0][:, ::-1]]), one[1]
    loss, d_scores = pipe.get_loss([example], other, training_views([example]))
    assert loss > 0.1


def test_kl_pulls_the_student_towards_the_teacher(ner, make_examples):
    pipe = ner.get_pipe("cot_ner")
    (example, *_) = make_examples(ner)
    example.reference.set_ents([], missing=[example.reference[:]])
    views = training_views([example])
    potentials, transitions = scores_of((2, len(example.predicted), pipe.n_outputs))
    losses = []
    for _ in range(30):
        loss, (d_potentials, _) = pipe.get_loss([example], (potentials, transitions), views)
        potentials = potentials - 0.5 * d_potentials
        losses.append(loss)
    assert losses[-1] < losses[0] / 10


def test_weights_of_the_terms(ner, make_examples):
    pipe, examples = ner.get_pipe("cot_ner"), make_examples(ner)
    views = training_views(examples)
    assert views.owners == [0, 1]
    longest = max(len(eg.predicted) for eg in examples)
    scores = scores_of((6, longest, pipe.n_outputs))

    def loss(*settings):
        pipe.distillation = Distillation(*settings)
        return pipe.get_loss(examples, scores, views)[0]

    student, teacher, kl = loss(0, 0), loss(1, 0) - loss(0, 0), loss(0, 1) - loss(0, 0)
    assert min(student, teacher, kl) > 0
    assert loss(0.5, 2) == pytest.approx(student + 0.5 * teacher + 2 * kl, rel=1e-4)


def test_explanation_on_the_doc_changes_what_is_predicted(ner):
    student = ner.make_doc(TEXT)
    teacher = ner.make_doc(TEXT)
    teacher._.cot = {"noun": "Paris is a city"}
    pipe, encoder = ner.get_pipe("cot_ner"), ner.get_pipe("cot_transformer")
    for doc in (student, teacher):
        encoder(doc)
    a, b = (pipe.model.predict([doc])[0] for doc in (student, teacher))
    assert not numpy.allclose(a, b, atol=1e-3)


def test_scores_do_not_see_the_explanations_of_the_dev_set(trained, make_examples, tmp_path):
    """PITFALL: whatever a reader puts on `predicted` leaks into evaluation. CoT is on the reference only."""
    scores = []
    for cot in (True, False):
        docs = [eg.reference for eg in make_examples(trained, cot=cot)]
        DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "dev.spacy")
        examples = list(Corpus(tmp_path / "dev.spacy")(trained))
        assert bool(examples[0].reference._.cot) is cot
        assert not examples[0].predicted._.cot
        found = trained.evaluate(examples)
        scores.append({key: value for key, value in found.items() if key != "speed"})
        confidences = [ent._.confidence for eg in examples for ent in eg.predicted.ents]
        scores.append(confidences)
    assert scores[0] == scores[2]
    assert scores[1] == scores[3]


def test_student_view_never_sees_the_explanation_in_training(ner, make_examples):
    (example, *_) = make_examples(ner)
    example.predicted._.cot = {"noun": "leak"}
    views = training_views([example])
    assert not views.students[0].is_teacher
    assert views.teachers[0].cot == example.reference._.cot


def test_as_doc_loses_the_explanation_and_nothing_breaks(ner, make_examples):
    """PITFALL: `max_length` of spacy.Corpus splits with as_doc(), without user data: no CoT, no relations."""
    (example, *_) = make_examples(ner)
    part = example.reference[0:5].as_doc()
    assert part._.cot == {}
    assert ner.update([Example(ner.make_doc(part.text), part)], sgd=ner.resume_training())["cot_ner"] > 0


# Labels -----------------------------------------------------------------------------------------------------


def test_no_labels(make_nlp):
    nlp = make_nlp("cot_transformer", "cot_ner")
    example = Example(nlp.make_doc("nothing here"), nlp.make_doc("nothing here"))
    with pytest.raises(CotnerError, match=r"no entity labels .*initialize.components.cot_ner"):
        nlp.initialize(lambda: [example])


def test_labels_from_the_config(make_nlp, make_examples):
    nlp = make_nlp("cot_transformer", "cot_ner")
    nlp.config["initialize"]["components"]["cot_ner"] = {"labels": ["PER", "LOC", "ORG"]}
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    assert nlp.get_pipe("cot_ner").labels == ("PER", "LOC", "ORG")
    nlp.update(examples, sgd=optimizer)
    assert nlp.get_pipe("cot_ner").label_data == ["PER", "LOC", "ORG"]


def test_labels_cannot_be_added_later(ner):
    pipe = ner.get_pipe("cot_ner")
    assert pipe.add_label("PER") == 0
    with pytest.raises(CotnerError, match="already initialized"):
        pipe.add_label("ORG")


def test_initialize_again(trained, make_examples):
    """`spacy train` from a trained pipeline with the same labels."""
    examples = make_examples(trained)
    optimizer = trained.initialize(lambda: examples)
    trained.update(examples, sgd=optimizer)


def test_not_initialized(make_nlp):
    nlp = make_nlp("cot_transformer", "cot_ner")
    with pytest.raises(ValueError, match="initialize"):
        nlp.get_pipe("cot_ner").predict([nlp.make_doc(TEXT)])


def test_unknown_scheme(make_nlp):
    with pytest.raises(CotnerError, match="unknown tag scheme 'iob'"):
        make_nlp("cot_transformer", "cot_ner", ner={"scheme": "iob"})


@pytest.mark.parametrize("settings", [{"temperature": 0}, {"kl_weight": -1}, {"teacher_weight": -0.1}])
def test_distillation_without_sense(settings):
    with pytest.raises(CotnerError):
        Distillation(**settings)


# Predictions ------------------------------------------------------------------------------------------------


def test_entities_on_the_doc_are_kept(trained):
    doc = trained.make_doc(TEXT)
    doc.ents = [Span(doc, 1, 3, label="ODD")]
    assert ents(trained(doc)) == [("Curie worked", "ODD"), ("Pierre Curie", "PER"), ("Paris", "LOC")]
    assert doc.ents[0]._.confidence is None
    assert doc.ents[1]._.confidence > 0.5


def test_predictions_do_not_depend_on_the_batch(trained):
    texts = [TEXT, "Paris", "", "Paris and London are far away . " * 10, " "]
    together = [ents(doc) for doc in trained.pipe(texts)]
    assert together == [ents(trained(text)) for text in texts]


def test_scores_are_none_without_annotation(trained):
    scores = trained.evaluate([Example(trained.make_doc(TEXT), trained.make_doc(TEXT))])
    assert scores["ents_f"] is None


def test_confidence_survives(trained, tmp_path):
    doc = trained(TEXT)
    expected = [ent._.confidence for ent in doc.ents]
    docs = [
        doc.copy(),
        Doc(trained.vocab).from_bytes(doc.to_bytes()),
        *DocBin(store_user_data=True)
        .from_bytes(DocBin(docs=[doc], store_user_data=True).to_bytes())
        .get_docs(trained.vocab),
    ]
    for twin in docs:
        assert [ent._.confidence for ent in twin.ents] == expected


def test_very_long_text_among_short_ones(trained, monkeypatch):
    """The padding of a batch is bounded, so that a text of 100,000 tokens fits in memory."""
    monkeypatch.setattr("spacy_cotner.pipeline.distilled.MAX_PADDED_TOKENS", 6000)
    pipe, sizes = trained.get_pipe("cot_ner"), []
    head = pipe.model.get_ref("output").shims[0]._model
    head.register_forward_hook(lambda module, inputs, output: sizes.append(inputs[0].shape[:2]))
    long_text = Doc(trained.vocab, words=TEXT.split() * 600)
    docs = [trained.make_doc(TEXT) for _ in range(20)] + [long_text, trained.make_doc("")]
    found = list(trained.pipe(docs, batch_size=64))
    assert [len(doc) for doc in found] == [9] * 20 + [5400, 0]
    assert [tuple(size) for size in sizes] == [(1, 5400), (21, 9)]
    assert ents(found[0]) == ENTS
    assert len(found[20].ents) > 1000
    assert all(0 <= ent._.confidence <= 1 for ent in found[20].ents[-5:])


def test_error_handler_gets_the_docs_that_failed(trained, monkeypatch):
    pipe, failures = trained.get_pipe("cot_ner"), []
    monkeypatch.setattr(pipe, "predict", lambda docs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        trained(TEXT)
    trained.set_error_handler(lambda name, proc, docs, error: failures.append((name, len(docs))))
    assert list(trained.pipe([TEXT, TEXT])) == []
    assert failures == [("cot_ner", 2)]
