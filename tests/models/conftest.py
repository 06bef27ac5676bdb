from __future__ import annotations

import pytest
import spacy
import torch
from thinc.api import Model

from spacy_cotner.models.encoder import build_cot_transformer_model


@pytest.fixture
def nlp():
    return spacy.blank("en")


@pytest.fixture
def build(tiny_encoder):
    def make(**settings) -> Model:
        torch.manual_seed(0)
        model = build_cot_transformer_model(
            **{"name": tiny_encoder, "cot_length": 32, "window": 64, "stride": 48, **settings}
        )
        model.initialize()
        return model

    return make
