"""The optimizer against Thinc's own."""

import numpy
import pytest
from thinc.api import Adam, Linear, registry, warmup_linear

from spacy_cotner.models.fused_adam import make_fused_adam


@pytest.mark.parametrize("learn_rate", [0.01, "schedule"])
@pytest.mark.parametrize("grad_clip", [0.0, 1.0, 100.0])
def test_steps_are_those_of_thinc(learn_rate, grad_clip):
    rates = [learn_rate if learn_rate != "schedule" else warmup_linear(0.01, 5, 40) for _ in range(2)]
    fused = make_fused_adam(rates[0], grad_clip=grad_clip)
    plain = Adam(rates[1], L2=0.01, grad_clip=grad_clip, L2_is_weight_decay=True, use_averages=False)
    rng = numpy.random.default_rng(0)
    one = rng.normal(size=(3, 4)).astype("float32")
    start, other = one.copy(), one.copy()
    for _ in range(40):
        gradient = rng.normal(size=(3, 4)).astype("float32")
        fused.step_schedules()
        plain.step_schedules()
        one, cleared = fused((0, "W"), one, gradient.copy())
        other, _ = plain((0, "W"), other, gradient.copy())
        assert not cleared.any()
    numpy.testing.assert_allclose(one, other, atol=1e-4)
    assert abs(one - start).max() > 0.05


def test_weights_are_changed_where_they_are():
    weights = numpy.ones((2, 2), dtype="float32")
    updated, _ = make_fused_adam(0.1)((0, "W"), weights, numpy.ones((2, 2), dtype="float32"))
    assert updated is weights
    assert (weights < 1).all()


def test_an_empty_parameter_is_left_alone():
    empty = numpy.zeros((0, 2), dtype="float32")
    assert make_fused_adam(0.1)((0, "W"), empty, empty)[0] is empty


def test_layers_of_thinc_train_with_it():
    model = Linear(1, 2)
    model.initialize()
    X, Y = numpy.asarray([[1, 0], [0, 1]], dtype="float32"), numpy.asarray([[1], [-1]], dtype="float32")
    optimizer = make_fused_adam(0.1, L2=0.0)
    for _ in range(100):
        guess, backprop = model.begin_update(X)
        backprop(guess - Y)
        model.finish_update(optimizer)
    numpy.testing.assert_allclose(model.predict(X), Y, atol=0.05)


def test_it_is_registered():
    assert registry.optimizers.get("spacy_cotner.FusedAdam.v1") is make_fused_adam
