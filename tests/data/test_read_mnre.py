"""The MNRE format: pairs become Docs with entities and relations."""

import json

import pytest
import spacy

from spacy_cotner.data.images import Images
from spacy_cotner.data.mnre import read_mnre
from spacy_cotner.data.repairs import Repairs
from spacy_cotner.errors import CotnerError

WORDS = ["Ada", "met", "Charles", "Babbage", "in", "London"]
ADA, CHARLES, LONDON = [0, 1], [2, 4], [5, 6]


def pair(head, tail, relation, words=WORDS, image="1.jpg"):
    name = {"name": "as written"}
    return {"token": words, "h": name | {"pos": head}, "t": name | {"pos": tail}, "img_id": image} | {
        "relation": relation
    }


@pytest.fixture
def read(tmp_path):
    def run(*rows, **kwargs):
        path = tmp_path / "train.txt"
        path.write_text("".join(f"{row}\n" for row in rows), encoding="utf8")
        repairs = Repairs()
        docs = list(read_mnre(path, spacy.blank("en").vocab, repairs, Images(None, repairs), **kwargs))
        return docs, repairs

    return run


def relations(doc):
    return [(r.head.text, r.head.label_, r.label, r.tail.text, r.tail.label_) for r in doc._.relations]


def test_pairs_of_a_sentence_become_one_doc(read):
    rows = [
        pair(ADA, CHARLES, "/per/per/peer"),
        pair([0, 1], [1, 2], "None", ["hi", "you"]),
        pair(LONDON, ADA, "None"),
        pair(ADA, CHARLES, "/per/per/peer", image="2.jpg"),
    ]
    docs, repairs = read(*rows)
    assert [(doc[0].text, doc._.image) for doc in docs] == [
        ("Ada", "1.jpg"),
        ("hi", "1.jpg"),
        ("Ada", "2.jpg"),
    ]
    assert relations(docs[0]) == [
        ("Ada", "PER", "/per/per/peer", "Charles Babbage", "PER"),
        ("London", "ENT", "None", "Ada", "PER"),
    ]
    assert [(ent.text, ent.label_) for ent in docs[0].ents] == [
        ("Ada", "PER"),
        ("Charles Babbage", "PER"),
        ("London", "ENT"),
    ]
    assert not any(doc._.relations_complete for doc in docs)
    assert not repairs.counts


def test_json_lines_are_the_same(read):
    row = pair(ADA, LONDON, "/per/loc/place_of_residence")
    (literal,), _ = read(row)
    (as_json,), _ = read(json.dumps(row))
    assert relations(literal) == relations(as_json) != []


def test_untyped_entities_do_not_give_the_relation_away(read):
    rows = pair(ADA, CHARLES, "/per/per/peer"), pair(ADA, LONDON, "None")
    (doc,), _ = read(*rows, typed=False)
    assert {ent.label_ for ent in doc.ents} == {"ENT"}
    assert [r.label for r in doc._.relations] == ["/per/per/peer", "None"]


def test_pair_outside_the_sentence_is_dropped(read):
    docs, repairs = read(
        pair(ADA, [5, 7], "/per/loc/x"), pair(ADA, [3, 3], "None"), pair(ADA, CHARLES, "/per/per/peer")
    )
    assert [len(doc._.relations) for doc in docs] == [1]
    ((what, count),) = repairs.counts.items()
    assert what.startswith("dropped: pair with an entity outside")
    assert count == 2
    assert [place.rsplit(":")[-1] for place in repairs.places[what]] == ["1", "2"]


def test_repeated_and_contradictory_pairs(read):
    peer, parent = pair(ADA, CHARLES, "/per/per/peer"), pair(ADA, CHARLES, "/per/per/parent")
    (doc,), repairs = read(peer, peer, parent)
    assert [r.label for r in doc._.relations] == ["/per/per/peer", "/per/per/parent"]
    assert {what.split(":")[0]: count for what, count in repairs.counts.items()} == {"dropped": 1, "noted": 1}


def test_other_direction_is_another_pair(read):
    (doc,), repairs = read(pair(ADA, CHARLES, "/per/per/peer"), pair(CHARLES, ADA, "/per/per/peer"))
    assert len(doc._.relations) == 2
    assert not repairs.counts


def test_overlapping_entities_keep_their_relations(read):
    (doc,), repairs = read(pair([2, 3], LONDON, "/per/loc/x"), pair(CHARLES, LONDON, "/per/loc/x"))
    assert [ent.text for ent in doc.ents] == ["Charles Babbage", "London"]
    assert [r.head.text for r in doc._.relations] == ["Charles", "Charles Babbage"]
    assert sum(repairs.counts.values()) == 1


def test_empty_tokens_do_not_shift_entities(read):
    (doc,), repairs = read(pair([1, 2], [3, 5], "/per/org/x", ["", "Ada", "of", "", "Acme"]))
    assert [(r.head.text, r.tail.text) for r in doc._.relations] == [("Ada", "Acme")]
    assert repairs.counts["dropped: empty token"] == 2


@pytest.mark.parametrize("name", ["none", "NA", "no_relation"])
def test_names_of_no_relation(read, name):
    (doc,), repairs = read(pair(ADA, LONDON, name))
    assert [r.label for r in doc._.relations] == ["None"]
    assert sum(repairs.counts.values()) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{'token': ['a'", "neither JSON nor a Python literal"),
        ("__import__('os').getcwd()", "neither JSON nor a Python literal"),
        ("['a']", "expected an object"),
        ({"token": ["a"]}, "'relation' is missing"),
        ({"text": "a", "relation": "None"}, "'token' is missing"),
        ({"token": "a b", "relation": "None"}, "tokens must be a list"),
        (pair("0", [1, 2], "None"), "expected 'h' to hold 'pos'"),
        (pair(ADA, [1], "None"), "expected 't' to hold 'pos'"),
        (pair(ADA, CHARLES, None), "label to be a string"),
    ],
)
def test_broken_line_is_named(read, row, message):
    with pytest.raises(CotnerError, match=r"train\.txt:2: ") as error:
        read(pair(ADA, LONDON, "None"), row)
    assert message in str(error.value)
