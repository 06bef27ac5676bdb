"""An encoder learns from explanations, without labels."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
import torch
from spacy.tokens import Doc
from transformers import AutoModel

from spacy_cotner import CotnerError
from spacy_cotner.models.encoder import pretrained_half
from spacy_cotner.pipeline.pretraining import Pretraining, batches, steps

NLP = spacy.blank("en")
NAMES = ["alpha", "gamma", "delta", "kappa"]


def told(name: str, kind: str) -> Doc:
    doc = NLP(f"we met {name} in london")
    doc._.cot = {"noun": f"{name} is a {kind} and nothing is said of others"}
    return doc


def pretraining(name: str, **settings) -> Pretraining:
    return Pretraining(name, window=64, **{"after": 3, **settings})


def test_what_is_said_of_a_word_is_found(tiny_encoder: str) -> None:
    model = pretraining(tiny_encoder)
    docs = [told("marie curie", "person"), NLP("no explanation"), NLP("")]
    docs[0]._.caption = "marie and a city"  # never read
    docs.append(NLP("paris"))
    docs[-1]._.cot = {"noun": "nothing of it"}
    (lesson,) = model.prepare(docs)
    tokenizer = model.model.shims[0].tokenizer
    words = tokenizer.convert_ids_to_tokens([lesson.text.ids[i] for i in lesson.defined])
    assert words == ["marie", "curie"]
    for ids in lesson.definitions:
        assert tokenizer.convert_ids_to_tokens(ids) == ["is", "a", "person"]


def test_learns_what_is_said(tiny_encoder: str) -> None:
    docs = [told(name, "person" if i % 2 else "city") for i, name in enumerate(NAMES)]
    model = pretraining(tiny_encoder)
    losses = list(model.train(model.prepare(docs), epochs=100, batch_size=4, learn_rate=2e-3))
    assert len(losses) == 100
    # Three words in equal parts: no prediction is better than log 3.
    assert 1.05 < losses[-1] < 1.3 < losses[0]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_weights(tiny_encoder: str, tmp_path: Path, seed: int) -> None:
    for name, number in (("one", 0), ("other", seed)):
        model = pretraining(tiny_encoder)
        list(model.train(model.prepare([told(n, "city") for n in NAMES]), batch_size=2, seed=number))
        model.save(tmp_path / name)
    one, other = (AutoModel.from_pretrained(tmp_path / name).state_dict() for name in ("one", "other"))
    assert all(torch.equal(one[key], other[key]) for key in one if "pooler" not in key) == (seed == 0)


def test_pipelines_begin_with_it_and_phrases_are_read_as_before(
    tiny_encoder: str, tmp_path: Path, make_nlp, train
) -> None:
    first = pretraining(tiny_encoder)
    list(first.train(first.prepare([told(n, "city") for n in NAMES]), learn_rate=1e-2))
    first.save(tmp_path / "once")
    # Once more, from there: what it was at first is not forgotten.
    again = pretraining(str(tmp_path / "once"))
    again.save(tmp_path / "twice")
    nlp = make_nlp(encoder={"name": str(tmp_path / "twice")})
    train(nlp, steps=0).to_disk(tmp_path / "pipeline")
    before, after = (AutoModel.from_pretrained(f).state_dict() for f in (tiny_encoder, tmp_path / "once"))
    for loaded in (nlp, spacy.load(tmp_path / "pipeline")):
        encoder = loaded.get_pipe("cot_transformer").model
        for model, expected in ((encoder, after), (pretrained_half(encoder), before)):
            found = model.shims[0].encoder.transformer.state_dict()
            assert all(torch.equal(found[key], expected[key]) for key in found if "pooler" not in key)


def test_texts_longer_than_the_window(tiny_encoder: str) -> None:
    doc = NLP("nothing happens here " * 60 + "marie curie")
    doc._.cot = {"noun": "marie curie is a person"}
    model = pretraining(tiny_encoder)
    (lesson,) = lessons = model.prepare([doc])
    assert lesson.defined.tolist() == [180, 181]
    assert all(loss > 0 for loss in model.train(lessons, epochs=2))


def test_bad_input_is_named(tiny_encoder: str, t5_encoder: str) -> None:
    with pytest.raises(CotnerError, match="no explanation of 2 texts says anything of a word of its text"):
        pretraining(tiny_encoder).prepare([NLP("marie curie"), NLP("")])
    with pytest.raises(CotnerError, match="has a slow tokenizer or a decoder"):
        pretraining(t5_encoder)
    with pytest.raises(CotnerError, match="spaCy knows no language 'nowhere'"):
        pretraining(tiny_encoder, lang="nowhere")
    with pytest.raises(CotnerError, match="cannot load the encoder 'package:no-such'"):
        pretraining("package:no-such")


def test_every_text_is_read_once_an_epoch(tiny_encoder: str) -> None:
    lessons = pretraining(tiny_encoder).prepare([told(n, "city") for n in NAMES])
    read = list(batches(lessons, 2, 3, seed=0))
    assert [len(batch) for batch in read] == [3, 1, 3, 1]
    assert len(read) == steps(len(lessons), 2, 3)
    for epoch in (read[:2], read[2:]):
        assert {id(lesson) for batch in epoch for lesson in batch} == set(map(id, lessons))
