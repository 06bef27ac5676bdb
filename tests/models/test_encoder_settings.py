"""What an encoder is built from, and how it is saved, loaded and copied."""

from __future__ import annotations

import copy
import pickle
import shutil
import sys

import numpy
import pytest
import spacy
import srsly
import torch
from states import TEXT, assert_close, differs, states
from thinc.api import Config, Model

from spacy_cotner import CotnerError
from spacy_cotner.models import shim
from spacy_cotner.models.encoder import build_cot_transformer_model
from spacy_cotner.types import View

# Settings ---------------------------------------------------------------------------------------------------


def error_line(build_and_init):
    with pytest.raises(CotnerError) as caught:
        build_and_init()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_unknown_encoder(build):
    assert "no/such-encoder" in error_line(lambda: build(name="no/such-encoder"))


def test_folder_without_encoder(build, tmp_path):
    assert "config.json" in error_line(lambda: build(name=str(tmp_path)))


def test_folder_with_broken_weights(build, tiny_encoder, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(tiny_encoder, folder)
    (folder / "model.safetensors").write_bytes(b"not weights")
    assert "broken" in error_line(lambda: build(name=str(folder)))


def test_package_that_is_not_installed(build):
    assert "no_such_package" in error_line(lambda: build(name="package:no-such-package"))
    assert "no.such.package" in error_line(lambda: build(name="package:no.such.package"))


def test_package_without_encoder(build):
    assert "holds no encoder" in error_line(lambda: build(name="package:wasabi"))


def test_package_with_encoder(build, tiny_encoder, tmp_path, monkeypatch, nlp):
    package = tmp_path / "my_weights"
    shutil.copytree(tiny_encoder, package / "data" / "model")
    (package / "__init__.py").touch()
    (package / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(tmp_path)
    assert_close(states(build(name="package:my-weights"), nlp(TEXT))[0], states(build(), nlp(TEXT))[0])
    assert "my_weights" not in sys.modules  # found, not imported


@pytest.mark.parametrize("encoder", ["tiny_encoder", "bpe_encoder"])
def test_window_that_the_encoder_cannot_hold(build, nlp, encoder, request):
    name = request.getfixturevalue(encoder)
    line = error_line(lambda: build(name=name, window=100, stride=50, cot_length=60))
    assert "128" in line
    # The longest that is accepted works.
    special = 3 if encoder == "tiny_encoder" else 4
    model = build(name=name, window=128 - 40 - special, stride=40, cot_length=40)
    doc = nlp(f"{TEXT} " * 12)
    doc._.cot = {"noun": "london is a city " * 20}
    states(model, doc)


@pytest.mark.parametrize("settings", [{"stride": 0}, {"stride": 65}, {"k": -1}, {"cot_length": -1}])
def test_settings_without_sense(build, settings):
    error_line(lambda: build(**settings))


def test_uninitialized(tiny_encoder, nlp):
    model = build_cot_transformer_model(tiny_encoder)
    assert "nlp.initialize" in error_line(lambda: model.predict([nlp(TEXT)]))
    assert "nlp.initialize" in error_line(lambda: model.begin_update([nlp(TEXT)]))


def test_half_precision_on_a_cpu_that_has_it(build, nlp, monkeypatch):
    monkeypatch.setattr(shim, "_computes_in_bfloat16", lambda: True)
    whole, half = build(), build(mixed_precision=True)
    ((expected,), (found,)) = states(whole, nlp(TEXT)), states(half, nlp(TEXT))
    assert found.dtype == expected.dtype == numpy.float32
    assert_close(found, expected, atol=0.1)
    assert differs(found, expected)
    # Who loads a pipeline decides, not who has trained it.
    assert_close(states(whole.from_bytes(half.to_bytes()), nlp(TEXT))[0], expected)


# Copies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoder", ["tiny_encoder", "bpe_encoder", "t5_encoder"])
def test_bytes_need_no_original_folder(build, nlp, encoder, request, tmp_path):
    folder = tmp_path / "weights"
    shutil.copytree(request.getfixturevalue(encoder), folder)
    model = build(name=str(folder))
    expected = states(model, nlp(TEXT), View(nlp(TEXT), {"noun": "london"}))
    data = model.to_bytes()
    shutil.rmtree(folder)
    loaded = build_cot_transformer_model(str(folder), cot_length=32, window=64, stride=48).from_bytes(data)
    for ours, theirs in zip(
        states(loaded, nlp(TEXT), View(nlp(TEXT), {"noun": "london"})), expected, strict=True
    ):
        assert_close(ours, theirs, atol=0)
    assert loaded.shims[0].tokenizer.is_fast == model.shims[0].tokenizer.is_fast
    if encoder == "t5_encoder":
        assert not loaded.shims[0].tokenizer.is_fast
    loaded.initialize()  # does not ask for the folder again


def test_bytes_before_initialize(tiny_encoder):
    data = build_cot_transformer_model(tiny_encoder).to_bytes()
    assert build_cot_transformer_model(tiny_encoder).from_bytes(data).shims[0].encoder is None


@pytest.mark.parametrize("duplicate", [copy.deepcopy, Model.copy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_equal_and_apart(build, nlp, duplicate):
    model = build()
    twin = duplicate(model)
    (expected,) = states(model, nlp(TEXT))
    assert_close(states(twin, nlp(TEXT))[0], expected, atol=0)
    with torch.no_grad():
        next(twin.shims[0].encoder.parameters()).add_(1.0)
    assert_close(states(model, nlp(TEXT))[0], expected, atol=0)
    assert differs(states(twin, nlp(TEXT))[0], expected)


def test_settings_of_the_config_reach_the_model(tiny_encoder):
    config = Config().from_str(
        f"""
        [model]
        @architectures = "spacy_cotner.CotTransformerModel.v1"
        name = "{tiny_encoder}"
        k = 7
        grains = ["noun"]
        """
    )
    model = spacy.registry.resolve(config)["model"]
    assert model.attrs["k"] == 7
    assert model.attrs["grains"] == ["noun"]


@pytest.mark.parametrize("leave_out", ["settings", "weights"])
def test_bytes_of_another_version(build, leave_out):
    model = build()
    shim = model.shims[0]
    message = srsly.msgpack_loads(shim.to_bytes())
    if leave_out == "settings":
        del message["fuses_mentions"]
    else:
        message["fuses_mentions"] = not message["fuses_mentions"]
    line = error_line(lambda: shim.from_bytes(srsly.msgpack_dumps(message)))
    assert "another version" in line
    assert "train it again" in line
