"""`cotner pretrain`."""

from __future__ import annotations

from pathlib import Path

import spacy
from commands import cotner
from gold import gold_docs
from spacy.tokens import DocBin
from transformers import AutoModel, AutoTokenizer


def test_writes_an_encoder_for_pipelines_and_others(
    tiny_encoder: str, corpus: Path, tmp_path: Path, make_nlp, train
) -> None:
    out = tmp_path / "encoder"
    code, text = cotner("pretrain", tiny_encoder, corpus, corpus, out, "--window", 64, "--epochs", 2)
    assert code == 0, text
    # Of two texts twice: "Ada Lovelace", "London"; the other explanation speaks of none of its words.
    assert "6 wordpieces of 2 texts are explained" in text
    assert f"Encoder written to {out}" in text
    assert AutoModel.from_pretrained(out).config.hidden_size == 32
    assert AutoTokenizer.from_pretrained(out).is_fast
    nlp = train(make_nlp(encoder={"name": str(out)}), steps=1)
    assert len(nlp("Ada Lovelace lives in London")._.trf_data.model_output.last_hidden_state[0]) > 5


def test_nothing_is_learnt_of_stop_words(tiny_encoder: str, tmp_path: Path) -> None:
    doc = spacy.blank("en")("he is in London")
    doc._.cot = {"noun": "she is away, London is far"}
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "one.spacy")
    code, text = cotner(
        "pretrain", tiny_encoder, tmp_path / "one.spacy", tmp_path / "out", "--window", 64, "--epochs", 1
    )
    assert (code, "1 wordpieces of 1 texts are explained" in text) == (0, True), text


def test_texts_without_cot_are_refused(tiny_encoder: str, tmp_path: Path) -> None:
    bare = tmp_path / "bare.spacy"
    DocBin(docs=gold_docs(spacy.blank("en"), cot=False), store_user_data=True).to_disk(bare)
    code, text = cotner("pretrain", tiny_encoder, bare, tmp_path / "out", "--window", 64)
    assert code == 1
    assert "no explanation of 4 texts says anything of a word of its text" in text
    assert not (tmp_path / "out").exists()


def test_missing_files_and_encoders_are_named(tiny_encoder: str, corpus: Path, tmp_path: Path) -> None:
    code, text = cotner("pretrain", tiny_encoder, tmp_path / "no.spacy", tmp_path / "out", "--window", 64)
    assert (code, "no.spacy" in text) == (1, True)
    code, text = cotner("pretrain", "package:no-such", corpus, tmp_path / "out")
    assert (code, "cannot load the encoder 'package:no-such'" in text) == (1, True)
