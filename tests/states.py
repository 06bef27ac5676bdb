"""States of an encoder, and how they compare."""

from __future__ import annotations

import numpy

TEXT = "Ada Lovelace worked with Charles Babbage in London."


def states(model, *inputs, is_train=False):
    outputs, _ = model(list(inputs), is_train=is_train)
    return [data.model_output.last_hidden_state[0] for data in outputs]


def assert_close(a, b, atol=1e-5):
    numpy.testing.assert_allclose(a, b, atol=atol)


def differs(a, b):
    return not numpy.allclose(a, b, atol=1e-3)
