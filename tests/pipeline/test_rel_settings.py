"""The settings of `cot_rel` in a pipeline that learns, predicts, scores and is saved."""

from __future__ import annotations

import warnings

import numpy
import pytest
import spacy
import srsly
from gold import gold_docs
from spacy.tokens import Span
from spacy.training import Example

from spacy_cotner import CotnerError
from spacy_cotner.types import RELATIONS_KEY

TEXT = "Marie Curie worked with Pierre Curie in Paris ."
REL = ("cot_transformer", "cot_rel")


def related(doc):
    return {(r.head.text, r.tail.text, r.label) for r in doc._.relations}


def examples_of(nlp, docs):
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


def fit(nlp, docs, steps=40):
    examples = examples_of(nlp, docs)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 5e-3
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer)
    return nlp


def extract(nlp, doc):
    """Run on a text that brings its entities."""
    fresh = nlp.make_doc(doc.text)
    fresh.ents = [Span(fresh, ent.start, ent.end, label=ent.label_) for ent in doc.ents]
    for name in doc.spans:
        fresh.spans[name] = [Span(fresh, span.start, span.end, label=span.label_) for span in doc.spans[name]]
    for _, pipe in nlp.pipeline:
        fresh = pipe(fresh)
    return fresh


# Several labels ---------------------------------------------------------------------------------------------


def two_labels():
    docs = gold_docs(spacy.blank("en"))
    for doc in docs[:2]:
        doc._.relations = [*doc._.relations, (doc.ents[0], doc.ents[1], "friend")]
    return docs


def test_several_labels_are_learnt_and_found(make_nlp, tmp_path):
    nlp = fit(make_nlp(*REL, rel={"multi_label": True}), two_labels())
    assert nlp.get_pipe("cot_rel").n_outputs == 3
    nlp.to_disk(tmp_path)
    doc = extract(spacy.load(tmp_path), two_labels()[1])
    assert related(doc) == {
        ("Marie Curie", "Pierre Curie", "colleague"),
        ("Marie Curie", "Pierre Curie", "friend"),
        ("Marie Curie", "Paris", "lives"),
    }
    scores = nlp.evaluate(examples_of(nlp, two_labels()))
    assert scores["rel_gold_ents_micro_f"] == 1.0


def test_one_label_of_two_is_kept_and_said(make_nlp):
    nlp = make_nlp(*REL)
    with pytest.warns(UserWarning, match="cot_rel: 2 dropped: second label of a pair, the first is kept"):
        fit(nlp, two_labels())
    doc = extract(nlp, two_labels()[1])
    assert ("Marie Curie", "Pierre Curie", "colleague") in related(doc)
    assert len(doc._.relations) == 2
    # The second label is still gold: recall says what one label a pair costs.
    scores = nlp.evaluate(examples_of(nlp, two_labels()))
    assert scores["rel_gold_ents_micro_r"] == pytest.approx(4 / 6)


# Schema -----------------------------------------------------------------------------------------------------


def test_schema_is_learnt_saved_and_obeyed(make_nlp, tmp_path):
    nlp = fit(make_nlp(*REL, rel={"schema": "auto"}), gold_docs(spacy.blank("en")), steps=1)
    nlp.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    pipe = nlp.get_pipe("cot_rel")
    assert pipe.cfg["type_schema"] == {"colleague": [["PER", "PER"]], "lives": [["PER", "LOC"]]}
    pipe.cfg["threshold"] = 0.0
    doc = extract(nlp, gold_docs(spacy.blank("en"))[1])
    types = {(r.head.label_, r.tail.label_, r.label) for r in doc._.relations}
    assert types == {("PER", "PER", "colleague"), ("PER", "LOC", "lives")}
    assert len(doc._.relations) == 4


def test_types_of_another_recognizer_are_said(make_nlp):
    """A schema of PER and a recognizer that says PERSON would silently find nothing."""
    nlp = fit(make_nlp(*REL, rel={"schema": "auto"}), gold_docs(spacy.blank("en")), steps=1)
    doc = gold_docs(spacy.blank("en"))[1]
    doc.ents = [Span(doc, ent.start, ent.end, label=f"{ent.label_}X") for ent in doc.ents]
    with pytest.warns(UserWarning, match="cot_rel: 1 noted: Doc whose entities all have types that"):
        assert extract(nlp, doc)._.relations == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extract(nlp, gold_docs(spacy.blank("en"))[1])


def test_schema_is_learnt_anew_at_the_next_initialize(make_nlp):
    nlp = fit(make_nlp(*REL, rel={"schema": "auto"}), gold_docs(spacy.blank("en")), steps=1)
    docs = gold_docs(spacy.blank("en"))
    for doc in docs:
        doc.ents = [Span(doc, ent.start, ent.end, label="THING") for ent in doc.ents]
    fit(nlp, docs, steps=1)
    assert nlp.get_pipe("cot_rel").cfg["type_schema"]["lives"] == [["THING", "THING"]]


def test_gold_that_a_given_schema_forbids_is_said_learnt_and_missed(make_nlp, tmp_path):
    srsly.write_json(tmp_path / "schema.json", {"lives": [["ORG", "LOC"]]})
    nlp = make_nlp(*REL, rel={"schema": str(tmp_path / "schema.json")})
    docs = gold_docs(spacy.blank("en"))
    with pytest.warns(UserWarning, match=r"cot_rel: 2 noted: relation between types.*\(lives: PER to LOC"):
        nlp.initialize(lambda: examples_of(nlp, docs))
    losses = [nlp.update(examples_of(nlp, docs))["cot_rel"] for _ in range(30)]
    assert losses[-1] < losses[0] < 100  # an impossible gold label would cost 1e9
    ruler = nlp.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": ent.label_, "pattern": ent.text} for doc in docs for ent in doc.ents])
    scores = nlp.evaluate(examples_of(nlp, docs))
    assert scores["rel_missed_reasons"] == {"types": 2}
    assert scores["rel_gold_ents_per_type"]["lives"]["r"] == 0.0


# Both directions --------------------------------------------------------------------------------------------


def test_symmetric_and_inverse_relations(make_nlp):
    settings = {"symmetric": ["colleague"], "inverse": {"lives": "home_of"}}
    nlp = fit(make_nlp(*REL, rel=settings), gold_docs(spacy.blank("en")))
    pipe = nlp.get_pipe("cot_rel")
    assert pipe.labels == ("colleague", "home_of", "lives")
    doc = extract(nlp, gold_docs(spacy.blank("en"))[1])
    assert related(doc) == {
        ("Marie Curie", "Pierre Curie", "colleague"),
        ("Pierre Curie", "Marie Curie", "colleague"),
        ("Marie Curie", "Paris", "lives"),
        ("Paris", "Marie Curie", "home_of"),
    }
    assert len(doc._.relations) == 4
    scores = {(r.head.start, r.tail.start): r.score for r in doc._.relations}
    assert scores[0, 4] == scores[4, 0]
    assert scores[0, 7] == scores[7, 0]
    results = nlp.evaluate(examples_of(nlp, gold_docs(spacy.blank("en"))))
    assert results["rel_gold_ents_micro_f"] == 1.0
    assert set(results["rel_gold_ents_per_type"]) == {"colleague", "lives"}  # each said once


def test_inverse_of_given_labels_is_a_label(make_nlp):
    nlp = make_nlp(*REL, rel={"inverse": {"lives": "home_of"}})
    nlp.config["initialize"]["components"]["cot_rel"] = {"labels": ["lives"]}
    nlp.initialize(lambda: examples_of(nlp, gold_docs(spacy.blank("en"))))
    assert nlp.get_pipe("cot_rel").labels == ("lives", "home_of")


def test_a_pair_listed_in_one_direction_is_scored_with_the_mean_of_both(make_nlp):
    """As in MNRE: that the turned pair is not listed must not change what the model says."""
    nlp = fit(make_nlp(*REL, rel={"symmetric": ["colleague"]}), gold_docs(spacy.blank("en")), steps=3)
    pipe, doc = nlp.get_pipe("cot_rel"), extract(nlp, gold_docs(spacy.blank("en"))[1])
    there, back = (0, 2, 4, 6), (4, 6, 0, 2)
    ((_, alone),) = pipe.predict_pairs([doc], [[there]])
    ((_, both),) = pipe.predict_pairs([doc], [[there, back]])
    numpy.testing.assert_allclose(alone[0], both[0], rtol=1e-5)
    assert both[0][0] == both[1][0]


# Where the spans are ----------------------------------------------------------------------------------------


def span_docs():
    """Nested spans in a group: a couple, and the persons in it."""
    docs = []
    for names in (("Ada", "Charles"), ("Marie", "Pierre")):
        doc = spacy.blank("en")(f"{names[0]} and {names[1]} worked in London .")
        doc.spans["sc"] = [Span(doc, 0, 3, label="TEAM"), Span(doc, 0, 1, label="PER")]
        doc._.relations = [(*doc.spans["sc"], "has")]
        docs.append(doc)
    return docs


def test_spans_of_a_group(make_nlp):
    nlp = fit(make_nlp(*REL, rel={"spans_key": "sc"}), span_docs())
    assert related(extract(nlp, span_docs()[1])) == {("Marie and Pierre", "Marie", "has")}
    scores = nlp.get_pipe("cot_rel").score([Example(extract(nlp, doc), doc) for doc in span_docs()])
    assert scores["rel_micro_f"] == scores["rel_gold_ents_micro_f"] == 1.0
    assert scores["rel_missed_pairs"] == 0


def test_a_missing_group_is_said_once(make_nlp):
    nlp = fit(make_nlp(*REL, rel={"spans_key": "sc"}), span_docs(), steps=1)
    with pytest.warns(UserWarning, match=r"cot_rel: 1 noted: Doc without doc.spans\['sc'\]"):
        assert nlp(TEXT)._.relations == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp(TEXT)


# Limits -----------------------------------------------------------------------------------------------------


def test_sentences(make_nlp):
    nlp = make_nlp(*REL, rel={"max_sentences": 1})
    nlp.add_pipe("sentencizer", first=True)
    docs = gold_docs(spacy.blank("en"))
    with pytest.warns(UserWarning, match=r"cot_rel: \d noted: Doc without sentence boundaries.*sentencizer"):
        fit(nlp, docs, steps=1)
    doc = nlp.make_doc("Ada Lovelace worked . Marie Curie worked in Paris .")
    doc.ents = [Span(doc, 0, 2, label="PER"), Span(doc, 4, 6, label="PER"), Span(doc, 8, 9, label="LOC")]
    nlp.get_pipe("cot_rel").cfg["threshold"] = 0.0
    assert {(r.head.start, r.tail.start) for r in extract(nlp, doc)._.relations} == {(4, 8), (8, 4)}
    nlp.remove_pipe("sentencizer")
    with pytest.raises(CotnerError, match="max_sentences needs sentence boundaries"):
        extract(nlp, doc)


def test_sentences_of_annotating_components_limit_the_training(make_nlp):
    nlp = make_nlp(*REL, rel={"max_sentences": 1})
    nlp.add_pipe("sentencizer", first=True)
    examples = examples_of(nlp, gold_docs(spacy.blank("en")))
    nlp.initialize(lambda: examples)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp.update(examples, annotates=["sentencizer"])


def test_pair_limit_of_a_doc_is_said_once(make_nlp):
    docs = gold_docs(spacy.blank("en"))
    nlp = fit(make_nlp(*REL, rel={"max_pairs_per_doc": 2}), docs, steps=1)
    nlp.get_pipe("cot_rel").cfg["threshold"] = 0.0
    with pytest.warns(UserWarning, match=r"cot_rel: 4 left out: pair over max_pairs_per_doc.*\('Marie Curie"):
        doc = extract(nlp, docs[1])
    assert {(r.head.start, r.tail.start) for r in doc._.relations} == {(4, 7), (7, 4)}
    scores = nlp.get_pipe("cot_rel").score([Example(doc, docs[1])])
    assert scores["rel_missed_pairs"] == 2
    assert scores["rel_missed_reasons"] == {"limit": 2}


def test_pairs_of_one_doc_and_of_several_are_scored_in_batches(make_nlp):
    docs = gold_docs(spacy.blank("en"))
    nlp = fit(make_nlp(*REL), docs, steps=1)
    pipe, pairs = nlp.get_pipe("cot_rel"), [(0, 2, 4, 6), (4, 6, 0, 2), (0, 2, 7, 8)]
    doc = extract(nlp, docs[1])
    request = [doc, extract(nlp, docs[3]), doc], [pairs, [], pairs[:2]]
    whole = pipe.predict_pairs(*request)
    sizes = []
    pipe.model.get_ref("output").shims[0]._model.register_forward_hook(
        lambda layer, inputs, output: sizes.append(len(output))
    )
    for max_pairs, expected in ((1, [1] * 5), (2, [2, 2, 1]), (4, [4, 1])):
        pipe.cfg["max_pairs"] = max_pairs
        for (_, part), (_, all_at_once) in zip(pipe.predict_pairs(*request), whole, strict=True):
            numpy.testing.assert_allclose(part, all_at_once, atol=1e-5)
        assert sizes == expected
        sizes.clear()


def test_unrelated_pairs_are_drawn(make_nlp):
    nlp = make_nlp(*REL, rel={"negative_ratio": 0.5})
    examples = examples_of(nlp, gold_docs(spacy.blank("en"), cot=False)[:2])
    nlp.initialize(lambda: examples)
    seen = []
    nlp.get_pipe("cot_rel").model.get_ref("output").shims[0]._model.register_forward_hook(
        lambda layer, inputs, output: seen.append(len(output))
    )
    nlp.update(examples)
    assert seen == [6]  # of each text two relations and one of four unrelated pairs


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_distance": -1}, "max_distance must not be negative, found -1"),
        ({"negative_ratio": -0.5}, "negative_ratio must not be negative"),
        ({"max_pairs": 0}, "max_pairs must be at least 1"),
        ({"symmetric": ["a"], "inverse": {"a": "b"}}, "'a' stands more than once"),
    ],
)
def test_settings_that_make_no_sense(make_nlp, settings, message):
    with pytest.raises(ValueError, match=message):
        make_nlp(*REL, rel=settings)


def test_unreadable_schema(make_nlp):
    nlp = make_nlp(*REL, rel={"schema": "nowhere.json"})
    with pytest.raises(CotnerError, match=r"cannot read the schema 'nowhere\.json'"):
        nlp.initialize(lambda: examples_of(nlp, gold_docs(spacy.blank("en"))))


# Bad annotation ---------------------------------------------------------------------------------------------


def test_odd_annotation_is_said_before_training_and_survived(make_nlp):
    docs = gold_docs(spacy.blank("en"))
    ada, charles, london = docs[0].ents
    docs[0]._.relations = [
        (ada, charles, "colleague"),
        (ada, charles, "colleague"),
        (ada, london, "lives"),
        (london, london, "lives"),
        (docs[0][2:3], london, "lives"),
    ]
    docs[1].user_data[RELATIONS_KEY].append((0, 5, "PER", 990, 999, "LOC", "born", 1.0))
    nlp = make_nlp(*REL)
    with pytest.warns(UserWarning, match="cot_rel") as said:
        fit(nlp, docs, steps=2)
    messages = sorted(str(warning.message) for warning in said if "cot_rel" in str(warning.message))
    assert [message.split(" (")[0] for message in messages] == [
        "cot_rel: 1 dropped: relation listed twice",
        "cot_rel: 1 dropped: relation of a span with itself",
        "cot_rel: 1 dropped: relation that points outside the Doc",
        "cot_rel: 1 noted: relation of a span that no entity covers, kept as it is",
    ]
    assert nlp.get_pipe("cot_rel").labels == ("colleague", "lives")


def test_everything_that_was_never_looked_at_is_counted(trained):
    docs = gold_docs(trained)
    ada, charles, london = docs[0].ents
    docs[0]._.relations = [
        (ada, charles, "colleague"),
        (ada, charles, "colleague"),
        (ada, london, "unheard"),
        (london, london, "lives"),
        (docs[0][2:3], london, "lives"),
        (london, ada, "None"),
    ]
    docs[1].user_data[RELATIONS_KEY].append((0, 5, "PER", 990, 999, "LOC", "born", 1.0))
    trained.get_pipe("cot_rel").cfg["max_distance"] = 5
    scores = trained.evaluate(examples_of(trained, docs))
    assert scores["rel_missed_reasons"] == {"self": 1, "entities": 1, "label": 1, "outside": 1, "distance": 1}
    assert scores["rel_missed_pairs"] == 5
    # Of the seven relations that are annotated two are found; none of the others is left out of recall.
    assert scores["rel_micro_r"] == pytest.approx(2 / 7)
    assert scores["rel_micro_p"] == 1.0
