"""Encoders of two layers with random weights, saved to a folder, so that no test asks a hub."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    BertTokenizerFast,
    ByT5Tokenizer,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizerFast,
    T5Config,
    T5Model,
)

TEXT = """ada lovelace charles babbage marie curie pierre worked with in london paris and are far away
nothing happens here is a person city two persons room yes no the picture shows # ##s ##ing 🙂 שלום . ,"""
WORDS = TEXT.split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.2,  # so that differences between inputs are not lost in rounding
}


def save_bert(folder: Path, fast: bool = True) -> str:
    """Save a BERT for 128 positions. The letters are in its vocabulary, so that any word has wordpieces.

    folder (Path): Where to.
    fast (bool): Whether the tokenizer is a fast one.
    RETURNS (str): The folder.
    """
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    vocab = list(dict.fromkeys([*SPECIAL, *WORDS, *letters, *(f"##{c}" for c in letters)]))
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf8")
    cls = BertTokenizerFast if fast else BertTokenizer
    cls(str(folder / "vocab.txt"), model_max_length=128).save_pretrained(folder)
    if not fast:
        (folder / "tokenizer.json").unlink(missing_ok=True)
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(vocab), type_vocab_size=2, max_position_embeddings=128, **SIZES)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return str(folder)


def save_roberta(folder: Path) -> str:
    """Save a RoBERTa for 128 positions (130 embeddings: two are lost to the padding index).

    folder (Path): Where to.
    RETURNS (str): The folder.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator([" ".join(WORDS)] * 3, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    # Without model_max_length, like many encoders on the hub.
    RobertaTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        type_vocab_size=1,
        max_position_embeddings=130,
        pad_token_id=1,
        **SIZES,
    )
    RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    return str(folder)


def save_t5(folder: Path) -> str:
    """Save a ByT5: encoder and decoder, a tokenizer that is slow, no special token in front.

    folder (Path): Where to.
    RETURNS (str): The folder.
    """
    ByT5Tokenizer(extra_ids=0).save_pretrained(folder)
    torch.manual_seed(0)
    T5Model(
        T5Config(vocab_size=259, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2)
    ).save_pretrained(folder)
    return str(folder)
