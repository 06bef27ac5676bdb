"""A corpus of labelled, augmented and unlabelled texts."""

from __future__ import annotations

from collections import Counter

import pytest
import spacy
from gold import COT, gold_docs
from spacy.tokens import DocBin
from spacy.util import registry

from spacy_cotner import CotnerError
from spacy_cotner.data.mixed import mixture
from spacy_cotner.pipeline.views import training_views
from spacy_cotner.types import PROVENANCE_KEY, has_relations

make_mixed_corpus = registry.get("readers", "spacy_cotner.MixedCorpus.v1")


@pytest.fixture
def paths(tmp_path):
    nlp = spacy.blank("en")
    docs = gold_docs(nlp)
    for name, part in (("gold", docs[:1]), ("pool", docs), ("more", docs[2:3])):
        DocBin(docs=part, store_user_data=True).to_disk(tmp_path / f"{name}.spacy")
    return {name: tmp_path / f"{name}.spacy" for name in ("gold", "pool", "more")}


def test_unlabelled_texts_keep_their_explanation_and_lose_their_annotation(paths):
    nlp = spacy.blank("en")
    gold, *bare = make_mixed_corpus(paths["gold"], paths["pool"])(nlp)
    assert len(gold.reference.ents) == 3
    assert len(bare) == 4
    assert bare[0].reference._.cot == COT
    assert bare[0].reference._.caption
    for eg in bare:
        assert not eg.reference.ents
        assert not eg.reference.has_annotation("ENT_IOB")
        assert not has_relations(eg.reference)
    assert set(bare[0].get_aligned_ner()) == {None}


def test_given_entities_may_stay(paths):
    *_, eg = list(make_mixed_corpus(paths["gold"], paths["gold"], keep_ents=True)(spacy.blank("en")))
    assert len(eg.reference.ents) == 3
    assert not has_relations(eg.reference)


@pytest.mark.parametrize(
    ("ratio", "expected"), [(None, (1, 4)), (1.0, (4, 4)), (2.0, (2, 4)), (8.0, (1, 8)), (0.5, (8, 4))]
)
def test_ratio(paths, ratio, expected):
    assert mixture(1, 4, ratio) == expected
    examples = list(make_mixed_corpus(paths["gold"], paths["pool"], ratio)(spacy.blank("en")))
    kinds = Counter(bool(eg.reference.ents) for eg in examples)
    assert (kinds[True], kinds[False]) == expected
    assert len({id(eg.predicted) for eg in examples}) == len(examples)


def test_augmented_texts_have_their_weight(paths):
    reader = make_mixed_corpus(paths["gold"], augmented=paths["more"], augmented_weight=0.25)
    assert [eg.reference._.example_weight for eg in reader(spacy.blank("en"))] == [1.0, 0.25]


def test_originals_in_a_file_of_augmented_texts_count_once(paths):
    docs = gold_docs(spacy.blank("en"))
    docs[2].user_data[PROVENANCE_KEY] = {"method": "style", "source": 0}
    DocBin(docs=[docs[0], docs[2]], store_user_data=True).to_disk(paths["more"])
    reader = make_mixed_corpus(paths["gold"], augmented=paths["more"], augmented_weight=0.25)
    found = [(eg.reference.text, eg.reference._.example_weight) for eg in reader(spacy.blank("en"))]
    assert found == [(docs[0].text, 1.0), (docs[2].text, 0.25)]


@pytest.mark.parametrize("teacher_view", [False, True])
def test_view_that_is_read(paths, teacher_view):
    (eg,) = make_mixed_corpus(paths["gold"], teacher_view=teacher_view)(spacy.blank("en"))
    assert eg.predicted._.cot == (COT if teacher_view else {})
    assert bool(eg.predicted._.caption) == teacher_view
    students, teachers, owners = training_views([eg])
    assert (students[0].is_teacher, len(teachers), len(owners)) == (
        teacher_view,
        not teacher_view,
        not teacher_view,
    )
    assert students[0].cot == (COT if teacher_view else {})


@pytest.mark.parametrize("settings", [{"ratio": 0}, {"ratio": -1}, {"augmented_weight": -1}])
def test_without_sense(paths, settings):
    with pytest.raises(CotnerError, match="above 0"):
        make_mixed_corpus(paths["gold"], **settings)
