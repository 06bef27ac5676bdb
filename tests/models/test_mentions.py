"""Where an explanation speaks of the words of a text, and what the encoder makes of it."""

from __future__ import annotations

import numpy
import pytest
import spacy
from spacy.tokens import Doc

from spacy_cotner import CotnerError
from spacy_cotner.models.mentions import find_definitions, find_mentions
from spacy_cotner.types import View

NLP = spacy.blank("en")


def mentions(words, explanation, after=0):
    """Token -> the wordpieces that tell about it, one wordpiece a character."""
    offsets = [(i, i + 1) for i in range(len(explanation))]
    found = find_mentions(Doc(NLP.vocab, words=words), explanation, offsets, after)
    told: dict[str, str] = {}
    for token, piece in zip(found.tokens.tolist(), found.pieces.tolist(), strict=True):
        told[words[token]] = told.get(words[token], "") + explanation[piece]
    return told


def test_words_are_found_whatever_their_case_and_sign():
    told = mentions(["@nasa", "went", "to", "#Mars", "!"], "NASA goes towards MARS. nasa")
    assert told == {"@nasa": "NASAnasa", "#Mars": "MARS"}


def test_whole_words_only_and_no_stop_words():
    assert mentions(["the", "art", "is", "here"], "the artist is a part of your art") == {"art": "art"}


def test_every_word_of_a_phrase_is_told_what_stands_behind_it():
    told = mentions(["to", "Rio", "de", "Janeiro", "!"], "1. Rio de Janeiro (city)", after=5)
    assert told == {"Rio": "Rio (cit", "de": "de (cit", "Janeiro": "Janeiro (cit"}
    told = mentions(["Rio", "de", "Vigo"], "Rio de Janeiro, de Vigo", after=2)
    assert told == {"Rio": "Rio J", "de": "de Jde", "Vigo": "Vigo"}


def test_what_follows_belongs_to_the_mention_and_counts_once():
    assert mentions(["Rio"], "Rio Rio (city)", after=4) == {"Rio": "Rio Rio (ci"}
    assert mentions(["Rio"], "to Rio", after=9) == {"Rio": "Rio"}


@pytest.mark.parametrize("words", [[], [" "], ["🙂", "..."], ["مصر"]])
def test_nothing_to_find(words):
    assert mentions(words, "nothing at all") == {}
    assert len(find_mentions(Doc(NLP.vocab, words=words), "", [], 3).tokens) == 0


def test_words_of_other_scripts():
    assert mentions(["في", "مصر"], "مصر بلد") == {"مصر": "مصر"}


def definitions(words, explanation, after=7):
    """Phrase -> what defines it, one wordpiece a character."""
    offsets = [(i, i + 1) for i in range(len(explanation))]
    found = find_definitions(Doc(NLP.vocab, words=words), explanation, offsets, after)
    return {
        " ".join(words[d.tokens.start : d.tokens.stop]): explanation[d.pieces.start : d.pieces.stop]
        for d in found
    }


def test_what_is_said_behind_a_phrase_defines_it_where_it_comes_first():
    told = definitions(["in", "Rio", "by", "Ana"], "1. Rio (city) 2. Ana (woman). Rio is large.", 5)
    assert told == {"Rio": " (cit", "Ana": " (wom"}


def test_of_overlapping_phrases_the_longest_is_defined():
    told = definitions(["Rio", "de", "Janeiro"], "Janeiro (month), Rio (river), Rio de Janeiro (city)")
    assert told == {"Rio de Janeiro": " (city)"}


def test_a_phrase_that_ends_the_explanation_is_not_defined():
    assert definitions(["Rio", "Ana"], "Ana likes Rio") == {"Ana": " likes "}
    assert definitions(["Rio"], "") == definitions([], "Rio (city)") == {}


@pytest.fixture
def fused(make_nlp):
    nlp = make_nlp("cot_transformer", encoder={"mention_window": 1})
    nlp.initialize()
    return nlp.get_pipe("cot_transformer").model


def test_a_word_gets_the_mean_of_what_is_said_of_it(fused):
    """Computed by hand from the encoder's own states."""
    doc = NLP.make_doc("ada worked")
    cot = {"noun": "ada is a person"}
    shim = fused.shims[0]
    encoder = shim.encoder.eval()
    (data,) = fused.predict([View(doc, cot)])
    plain = encoder.fusion
    encoder.fusion = type(plain)(*plain.weight.shape)
    encoder.fusion.weight.data.zero_()
    encoder.fusion.bias.data.fill_(1.0)
    (shifted,) = fused.predict([View(doc, cot)])
    encoder.fusion.bias.data.zero_()
    (bare,) = fused.predict([View(doc, cot)])
    difference = (shifted.model_output.last_hidden_state - bare.model_output.last_hidden_state)[0]
    # [CLS], ada, worked: only "ada" is mentioned.
    assert difference.tolist() == [[0.0] * 16, [1.0] * 16, [0.0] * 16] or numpy.allclose(
        difference, numpy.asarray([[0.0], [1.0], [0.0]]), atol=1e-5
    )
    assert not numpy.allclose(data.model_output.last_hidden_state, bare.model_output.last_hidden_state)


def test_the_student_view_has_nothing_to_fuse(fused):
    doc = NLP.make_doc("ada worked")
    (before,) = fused.predict([View(doc)])
    fused.shims[0].encoder.fusion.weight.data.add_(1.0)
    (after,) = fused.predict([View(doc)])
    assert (before.model_output.last_hidden_state == after.model_output.last_hidden_state).all()


def test_fusion_survives_saving(make_nlp, tmp_path):
    nlp = make_nlp("cot_transformer", encoder={"mention_window": 1})
    nlp.initialize()
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    doc = nlp.make_doc("ada lovelace worked")
    view = View(doc, {"noun": "ada lovelace is a person"})
    states = [
        n.get_pipe("cot_transformer").model.predict([view])[0].model_output.last_hidden_state
        for n in (nlp, loaded)
    ]
    assert (states[0] == states[1]).all()


def test_long_texts_fuse_what_their_words_are_told(make_nlp):
    """Windows: each word is found once, wherever it stands."""
    nlp = make_nlp("cot_transformer", encoder={"mention_window": 0, "window": 8, "stride": 6})
    nlp.initialize()
    model = nlp.get_pipe("cot_transformer").model
    encoder = model.shims[0].encoder
    doc = Doc(nlp.vocab, words=["worked"] * 30 + ["ada"] + ["worked"] * 5)
    encoder.fusion.weight.data.zero_()
    states = []
    for bias in (0.0, 1.0):
        encoder.fusion.bias.data.fill_(bias)
        (data,) = model.predict([View(doc, {"noun": "ada is a person"})])
        states.append(data.model_output.last_hidden_state[0])
    changed = numpy.abs(states[1] - states[0]).max(1) > 0.5
    assert changed.nonzero()[0].tolist() == [31]


def test_explanation_aside_is_heard_through_fusion_alone(make_nlp):
    nlp = make_nlp("cot_transformer", encoder={"mention_window": 1, "attend": False, "k": 0})
    nlp.initialize()
    model = nlp.get_pipe("cot_transformer").model
    doc = nlp.make_doc("ada worked")
    fusion = model.shims[0].encoder.fusion
    (fused,) = model.predict([View(doc, {"noun": "london . ada is a person"})])
    fusion.weight.data.zero_()
    (teacher,), (student,) = (model.predict([view]) for view in (View(doc, {"noun": "ada"}), View(doc)))
    assert numpy.allclose(
        teacher.model_output.last_hidden_state, student.model_output.last_hidden_state, atol=1e-5
    )
    changed = numpy.abs(fused.model_output.last_hidden_state - student.model_output.last_hidden_state)[0]
    assert (changed.max(1) > 1e-3).tolist() == [False, True, False]


def test_explanation_aside_gets_no_gradient(make_nlp, make_examples):
    """Words that occur in explanations only stay as they are; those of the texts move."""
    nlp = make_nlp("cot_transformer", "cot_ner", encoder={"mention_window": 1, "attend": False})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    shim = nlp.get_pipe("cot_transformer").model.shims[0]
    nlp.update(examples, sgd=False)
    gradient = shim.encoder.transformer.get_input_embeddings().weight.grad
    ids = {word: shim.tokenizer.convert_tokens_to_ids(word) for word in ("person", "ada")}
    assert shim.tokenizer.unk_token_id not in ids.values()
    assert gradient[ids["person"]].abs().max() == 0
    assert gradient[ids["ada"]].abs().max() > 0


def test_explanation_aside_needs_fusion(make_nlp):
    with pytest.raises(CotnerError, match="needs a mention_window"):
        make_nlp("cot_transformer", encoder={"attend": False})
