"""`cotner label` and `cotner crossfit`."""

from __future__ import annotations

import re
from pathlib import Path

import numpy
import pytest
import spacy
from commands import cotner
from spacy.tokens import DocBin

CONFIG = """
[paths]
train = null
dev = null
[nlp]
lang = "en"
pipeline = ["cot_transformer","cot_ner"]
[components]
[components.cot_transformer]
factory = "cot_transformer"
[components.cot_transformer.model]
@architectures = "spacy_cotner.CotTransformerModel.v1"
name = {encoder}
cot_length = 32
window = 64
stride = 48
[components.cot_ner]
factory = "cot_ner"
[corpora]
[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${{paths.train}}
[corpora.dev]
@readers = "spacy.Corpus.v1"
path = ${{paths.dev}}
[training]
seed = 0
gpu_allocator = null
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
max_steps = 2
eval_frequency = 1
[training.optimizer]
@optimizers = "Adam.v1"
"""


def read(path: Path) -> list:
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


@pytest.mark.parametrize("keep", [False, True])
def test_label(model_folder: Path, corpus: Path, tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "soft.spacy"
    code, text = cotner("label", corpus, out, "--teacher", model_folder, *(["--keep-cot"] if keep else []))
    assert code == 0, text
    docs = read(out)
    assert [len(doc._.soft_labels["cot_ner"].probabilities) for doc in docs] == [len(doc) for doc in docs]
    assert [doc.ents for doc in docs] != [()] * 4
    assert bool(docs[0]._.cot) == keep


def test_label_with_phrases(model_folder: Path, corpus: Path, tmp_path: Path) -> None:
    plain, judged = tmp_path / "plain.spacy", tmp_path / "judged.spacy"
    for out, options in ((plain, []), (judged, ["--phrases", corpus])):
        code, text = cotner("label", corpus, out, "--teacher", model_folder, *options)
        assert code == 0, text
    rows = [[doc._.soft_labels["cot_ner"].probabilities for doc in read(path)] for path in (plain, judged)]
    assert any(not numpy.allclose(a, b, atol=0.01) for a, b in zip(*rows, strict=True))


def test_phrases_need_explanations(model_folder: Path, corpus: Path, tmp_path: Path) -> None:
    bare, out = tmp_path / "bare.spacy", tmp_path / "soft.spacy"
    docs = read(corpus)
    for doc in docs:
        doc._.cot = {}
    DocBin(docs=docs, store_user_data=True).to_disk(bare)
    code, text = cotner("label", corpus, out, "--teacher", model_folder, "--phrases", bare)
    assert code == 1
    assert "no entity of 4 labelled texts is named in its explanation" in text
    code, text = cotner("label", corpus, out, "--teacher", model_folder, "--phrases", corpus, "--text-only")
    assert code == 1
    assert "leave one of them out" in text
    assert not out.exists()


def test_phrases_are_judged_only_if_that_helps(model_folder: Path, corpus: Path, tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("plain.spacy", "judged.spacy", "tried.spacy")]
    phrases = ["--phrases", corpus]
    for out, options in zip(outs, ([], phrases, [*phrases, "--dev", corpus]), strict=True):
        code, text = cotner("label", corpus, out, "--teacher", model_folder, *options)
        assert code == 0, text
    verdict = re.search(r"reach F1 (\S+), with phrases (\S+): (used|left out)", " ".join(text.split()))
    assert verdict is not None, text
    used = float(verdict[2]) > float(verdict[1])
    assert used == (verdict[3] == "used")
    plain, judged, tried = ([doc._.soft_labels["cot_ner"].probabilities for doc in read(out)] for out in outs)
    assert all(numpy.array_equal(a, b) for a, b in zip(tried, judged if used else plain, strict=True))
    code, text = cotner("label", corpus, outs[0], "--teacher", model_folder, "--dev", corpus)
    assert code == 1
    assert "--dev is for --phrases" in text


def test_label_without_teacher(corpus: Path, tmp_path: Path) -> None:
    code, text = cotner("label", corpus, tmp_path / "soft.spacy", "--teacher", tmp_path / "nobody")
    assert code == 1
    assert "no trained pipeline at" in text
    assert not (tmp_path / "soft.spacy").exists()


def test_crossfit(tiny_encoder: str, corpus: Path, tmp_path: Path) -> None:
    config = tmp_path / "ner.cfg"
    config.write_text(CONFIG.format(encoder=f'"{tiny_encoder}"'))
    out = tmp_path / "soft.spacy"
    code, text = cotner("crossfit", config, corpus, out, "--folds", 2, "--paths.dev", corpus)
    assert code == 0, text
    docs = read(out)
    assert sorted(doc.text for doc in docs) == sorted(doc.text for doc in read(corpus))
    assert all(len(doc._.soft_labels["cot_ner"].probabilities) == len(doc) for doc in docs)


def test_too_many_folds(tiny_encoder: str, corpus: Path, tmp_path: Path) -> None:
    code, text = cotner("crossfit", tmp_path / "ner.cfg", corpus, tmp_path / "soft.spacy", "--folds", 5)
    assert code == 1
    assert "cannot deal 4 texts to 5 folds" in text
