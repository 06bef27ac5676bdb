"""Which wordpieces belong to which token."""

from __future__ import annotations

import pytest
import spacy
from spacy.tokens import Doc
from spacy.vocab import Vocab
from transformers import AutoTokenizer

from spacy_cotner.models.wordpieces import align, make_template, tokenize_docs, tokenize_explanation

RIGHT_TO_LEFT = ["שלום", "عليكم"]
ZERO_WIDTH = "\u200d"


@pytest.fixture(params=["tiny_encoder", "slow_encoder", "bpe_encoder"])
def tokenizer(request):
    return AutoTokenizer.from_pretrained(
        request.getfixturevalue(request.param), use_fast=request.param != "slow_encoder"
    )


def owned(doc, wordpieces):
    """The wordpiece positions of each token."""
    pieces, found = list(wordpieces.indices), []
    for length in wordpieces.lengths:
        found.append([int(i) for i in pieces[:length]])
        pieces = pieces[length:]
    assert len(found) == len(doc)
    assert not pieces
    return found


def test_fixtures_are_what_they_say(tiny_encoder, slow_encoder):
    assert AutoTokenizer.from_pretrained(tiny_encoder).is_fast
    assert not AutoTokenizer.from_pretrained(slow_encoder, use_fast=False).is_fast


@pytest.mark.parametrize(
    "words",
    [
        ["Ada", "Lovelace", "worked"],
        ["🙂", "nice", "👩‍🔬"],
        RIGHT_TO_LEFT,
        ["a", ZERO_WIDTH, "b"],
        ["", "  ", "\n", "x"],
        ["é", "ﬁn", "…"],
        [" "],
        [],
    ],
)
def test_every_wordpiece_is_owned_in_order(tokenizer, words):
    doc = Doc(Vocab(), words=[w for w in words if w])
    (wordpieces,) = tokenize_docs(tokenizer, [doc])
    found = owned(doc, wordpieces)
    flat = [i for pieces in found for i in pieces]
    assert flat == sorted(flat)
    left = set(range(len(wordpieces.ids))) - set(flat)
    assert not tokenizer.decode([wordpieces.ids[i] for i in left]).strip()  # byte-level BPE: spaces


def test_slow_and_fast_tokenizer_agree(tiny_encoder, slow_encoder):
    doc = spacy.blank("en")("Ada Lovelace worked, far away in #London 🙂  with\nשלום and Charles's.")
    fast, slow = (
        tokenize_docs(AutoTokenizer.from_pretrained(folder, use_fast=folder == tiny_encoder), [doc])[0]
        for folder in (tiny_encoder, slow_encoder)
    )
    assert fast.ids == slow.ids
    assert owned(doc, fast) == owned(doc, slow)


def test_tokens_without_wordpieces(tiny_encoder):
    doc = Doc(Vocab(), words=["ada", " ", ZERO_WIDTH, "\n\n", "london"])
    (wordpieces,) = tokenize_docs(AutoTokenizer.from_pretrained(tiny_encoder), [doc])
    assert owned(doc, wordpieces) == [[0], [], [], [], [1]]


def test_wordpiece_shared_by_two_tokens():
    doc = Doc(Vocab(), words=["can", "not", "go"], spaces=[False, True, False])
    lengths, indices = align(doc, [(0, 6), (7, 9)])
    assert list(lengths) == [1, 1, 1]
    assert list(indices) == [0, 0, 1]


def test_wordpiece_over_a_space_and_an_empty_one():
    doc = Doc(Vocab(), words=["New", "York", "!"], spaces=[True, False, False])
    lengths, indices = align(doc, [(0, 2), (2, 8), (8, 8), (8, 9)])
    assert list(lengths) == [2, 1, 1]
    assert list(indices) == [0, 1, 1, 3]


def test_template_of_bert(tiny_encoder):
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    assert make_template(tokenizer) == (([cls], [sep]), ([cls], [sep], [sep]), 1)


def test_template_of_roberta(bpe_encoder):
    assert make_template(AutoTokenizer.from_pretrained(bpe_encoder)) == (([0], [2]), ([0], [2, 2], [2]), 0)


def test_template_when_the_vocabulary_knows_neither_word(tiny_encoder, tmp_path):
    from transformers import BertTokenizerFast

    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n")
    tokenizer = BertTokenizerFast(str(tmp_path / "vocab.txt"))
    assert make_template(tokenizer) == (([2], [3]), ([2], [3], [3]), 1)


def test_explanations_are_cut_to_whole_length(tokenizer):
    text = "ada lovelace worked with charles babbage " * 50
    ids, _ = tokenize_explanation(tokenizer, text, 30)
    assert len(ids) == 30
    assert ids == tokenizer(text, add_special_tokens=False)["input_ids"][:30]
    assert tokenize_explanation(tokenizer, "", 30) == ([], [])
    assert tokenize_explanation(tokenizer, text, 0) == ([], [])
