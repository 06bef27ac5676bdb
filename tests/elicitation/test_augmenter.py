"""Augmentation: labels and relations must survive, or the new Doc must not be made."""

import random

import pytest
import spacy
from spacy.tokens import Doc

from spacy_cotner import Relation
from spacy_cotner.elicitation.augment import PROVENANCE_KEY, Augmenter, AugmentSettings
from spacy_cotner.elicitation.augment.augment import read_verdict
from spacy_cotner.elicitation.augment.project import Lost, carry_over, find_mentions
from spacy_cotner.elicitation.augment.swap import Inventory, make_swap


@pytest.fixture
def ada(nlp):
    doc = nlp("Ada Lovelace joined Acme in New York 😀")
    doc.ents = [
        doc.char_span(0, 12, "PER", kb_id="Q7259"),
        doc.char_span(20, 24, "ORG"),
        doc.char_span(28, 36, "LOC"),
    ]
    doc._.relations = [Relation(doc.ents[0], doc.ents[1], "member_of", 1.0)]
    doc._.relations_complete = False
    doc.cats = {"work": 1.0}
    doc._.image = "1.jpg"
    doc._.cot = {"noun": "Ada is a person."}
    return doc


def labels(doc):
    ents = [(ent.text, ent.label_) for ent in doc.ents]
    return ents, [(r.head.text, r.label, r.tail.text) for r in doc._.relations]


def restyle(nlp, doc, text):
    target = nlp.make_doc(text)
    return carry_over(doc, target, find_mentions(doc, target))


def test_everything_labelled_is_carried_over(nlp, ada):
    new = restyle(nlp, ada, "omg in New York: Acme hires Ada Lovelace!!")
    assert labels(new) == (
        [("New York", "LOC"), ("Acme", "ORG"), ("Ada Lovelace", "PER")],
        [("Ada Lovelace", "member_of", "Acme")],
    )
    assert new.ents[2].kb_id_ == "Q7259"
    assert new.cats == {"work": 1.0}
    assert not new._.relations_complete
    assert new._.cot == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ada joined Acme in New York", "mention lost"),
        ("ada lovelace joined Acme in New York", "mention lost"),
        ("Ada Lovelace joined Acme, yes Acme, in New York", "mention repeated"),
        ("Ada Lovelace joined AcmeCorp in New York", "mention inside a token"),
    ],
)
def test_what_would_lose_a_label_is_dropped(nlp, ada, text, reason):
    with pytest.raises(Lost, match=reason):
        restyle(nlp, ada, text)


def test_a_mention_inside_a_longer_one_is_not_mistaken(nlp):
    doc = nlp("New York beats York")
    doc.ents = [doc.char_span(0, 8, "LOC"), doc.char_span(15, 19, "ORG")]
    new = restyle(nlp, doc, "York lost to New York")
    assert labels(new)[0] == [("York", "ORG"), ("New York", "LOC")]


def test_the_same_mention_twice(nlp):
    doc = nlp("Paris loves Paris")
    doc.ents = [doc.char_span(0, 5, "PER"), doc.char_span(12, 17, "LOC")]
    assert labels(restyle(nlp, doc, "Paris adores Paris so much"))[0] == [("Paris", "PER"), ("Paris", "LOC")]


def test_unannotated_stays_unannotated(nlp):
    new = restyle(nlp, nlp.make_doc("no labels here"), "here are no labels")
    assert not new.has_annotation("ENT_IOB")


def test_relation_ends_that_are_no_entities_are_carried_over(nlp):
    doc = nlp("Ada met Bob")
    doc._.relations = [Relation(doc[0:1], doc[2:3], "peer")]
    assert labels(restyle(nlp, doc, "so Bob and Ada met"))[1] == [("Ada", "peer", "Bob")]


def test_swap_replaces_everywhere_and_shifts_the_rest(nlp, ada):
    other = nlp("Grace Brewster Hopper")
    other.ents = [other.char_span(0, 21, "PER")]
    inventory = Inventory([ada, other])
    swaps = [make_swap(ada, inventory, random.Random(seed)) for seed in range(20)]
    swap = next(each for each in swaps if each)
    assert (swap.old, swap.new) == ("Ada Lovelace", "Grace Brewster Hopper")
    assert swap.doc.text == "Grace Brewster Hopper joined Acme in New York 😀"
    assert labels(swap.doc) == (
        [("Grace Brewster Hopper", "PER"), ("Acme", "ORG"), ("New York", "LOC")],
        [("Grace Brewster Hopper", "member_of", "Acme")],
    )


def test_swap_of_a_mention_that_occurs_twice(nlp):
    doc, other = nlp("Ada knows Ada ."), nlp("Bob Ross")
    doc.ents = [doc.char_span(0, 3, "PER"), doc.char_span(10, 13, "PER")]
    other.ents = [other.char_span(0, 8, "PER")]
    swap = make_swap(doc, Inventory([doc, other]), random.Random(0))
    assert swap.doc.text == "Bob Ross knows Bob Ross ."
    assert labels(swap.doc)[0] == [("Bob Ross", "PER")] * 2


def test_nothing_to_swap(nlp, ada):
    assert make_swap(ada, Inventory([ada]), random.Random(0)) is None
    assert make_swap(nlp("no entities"), Inventory([ada]), random.Random(0)) is None
    assert make_swap(nlp(""), Inventory([ada]), random.Random(0)) is None


VERDICTS = {
    '{"possible": "yes"}': True,
    '{"possible": "no"}': False,
    "Yes.": True,
    "**No**, because": False,
    '"yes"': True,
    "maybe": None,
    "{}": None,
    "[]": None,
    "": None,
    "Nobody knows": None,
}


@pytest.mark.parametrize(("answer", "verdict"), VERDICTS.items())
def test_verdicts(answer, verdict):
    assert read_verdict(answer) is verdict


def answers(request, times):
    prompt = request["messages"][-1]["content"]
    if "Rewrite" in prompt:
        return '"wow, Acme got Ada Lovelace, in New York"' if "Ada" in prompt else "unrelated"
    if "replaced by another" in prompt:
        return '{"possible": "yes"}' if "Grace" in prompt else '{"possible": "no"}'
    return "A woman at a desk."


def run(settings, docs, **how):
    augmenter = Augmenter(settings(), AugmentSettings(**how))
    try:
        return list(augmenter.pipe(docs, Inventory(docs))), augmenter.tally
    finally:
        augmenter.close()


@pytest.fixture
def docs(nlp, ada):
    grace = nlp("Grace Hopper was here")
    grace.ents = [grace.char_span(0, 12, "PER")]
    return [ada, grace]


def test_all_methods_together(server, settings, docs):
    server.script = answers
    made, tally = run(settings, docs)
    origin = [doc.user_data[PROVENANCE_KEY] for doc in made]
    assert [(each["method"], each["source"]) for each in origin][:2] == [("original", 0), ("style", 0)]
    assert made[1].text == "wow, Acme got Ada Lovelace, in New York"
    assert made[1]._.image == "1.jpg"
    # A text without picture gets an imagined caption; one with a picture is left alone.
    assert docs[1]._.caption == "A woman at a desk."
    assert docs[0]._.caption is None
    assert docs[1].user_data[PROVENANCE_KEY]["method"] == "image"
    assert tally.kept["style"] == 1
    assert tally.why["style"]["mention lost"] == 1
    assert tally.why["image"]["has a picture or caption"] == 1


def test_the_judge_decides_and_his_answer_is_constrained(nlp, server, settings, docs):
    server.script = answers
    made, tally = run(settings, docs, use=["entity"], originals=False)
    assert tally.made["entity"] == tally.kept["entity"] + tally.why["entity"]["judged impossible"]
    assert all("Grace" in doc.text for doc in made)
    assert all(doc._.image is None and doc._.cot == {} for doc in made)
    for request in server.requests:
        assert request["response_format"]["json_schema"]["schema"]["properties"]["possible"]["enum"] == [
            "yes",
            "no",
        ]


def test_the_same_seed_draws_the_same_whatever_the_order(nlp, server, settings, docs):
    server.script = answers
    texts = [[doc.text for doc in run(settings, docs, use=["entity"], seed=3)[0]] for _ in range(2)]
    assert texts[0] == texts[1]


def test_provenance_survives_the_corpus(server, settings, docs, tmp_path):
    from spacy.tokens import DocBin

    server.script = answers
    made, _ = run(settings, docs)
    DocBin(store_user_data=True, docs=made).to_disk(tmp_path / "x.spacy")
    back = list(DocBin().from_disk(tmp_path / "x.spacy").get_docs(spacy.blank("en").vocab))
    assert [doc.user_data[PROVENANCE_KEY] for doc in back] == [doc.user_data[PROVENANCE_KEY] for doc in made]


def test_odd_docs(nlp, server, settings):
    server.script = answers
    docs = [nlp(""), Doc(nlp.vocab, words=[" "]), nlp("{{ text }} </text>")]
    made, _ = run(settings, docs)
    assert [doc.text for doc in made][:2] == ["", "  "]
