"""The CRF against enumeration of all tag sequences."""

from __future__ import annotations

import itertools

import pytest
import torch

from spacy_cotner.modules import crf

N_TAGS = 3
LENGTHS = (4, 1, 3, 0)


@pytest.fixture
def scores() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    potentials = torch.randn(len(LENGTHS), max(LENGTHS), N_TAGS, generator=generator, dtype=torch.float64)
    transitions = torch.randn(N_TAGS, N_TAGS, generator=generator, dtype=torch.float64)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    return potentials, transitions, mask


def paths(potentials: torch.Tensor, transitions: torch.Tensor, length: int) -> dict[tuple[int, ...], float]:
    """Every tag sequence of one text with its score."""
    return {
        path: float(
            sum(potentials[i, tag] for i, tag in enumerate(path))
            + sum(transitions[a, b] for a, b in itertools.pairwise(path))
        )
        for path in itertools.product(range(N_TAGS), repeat=length)
    }


def log_sum(values: list[float]) -> float:
    return float(torch.logsumexp(torch.tensor(values, dtype=torch.float64), 0))


def test_log_partition_sums_all_paths(scores):
    log_z = crf.log_partition(*scores)
    for row, length in enumerate(LENGTHS[:3]):
        assert float(log_z[row]) == pytest.approx(
            log_sum([*paths(scores[0][row], scores[1], length).values()])
        )


def test_marginals_sum_the_paths_through_a_tag(scores):
    marginals = crf.log_marginals(*scores).exp()
    for row, length in enumerate(LENGTHS[:3]):
        all_paths = paths(scores[0][row], scores[1], length)
        log_z = log_sum([*all_paths.values()])
        for i, tag in itertools.product(range(length), range(N_TAGS)):
            through = log_sum([s for path, s in all_paths.items() if path[i] == tag])
            assert float(marginals[row, i, tag].log()) == pytest.approx(through - log_z)


def test_viterbi_finds_the_best_path(scores):
    best = crf.viterbi(*scores)
    for row, length in enumerate(LENGTHS[:3]):
        all_paths = paths(scores[0][row], scores[1], length)
        assert tuple(best[row, :length].tolist()) == max(all_paths, key=all_paths.__getitem__)


@pytest.mark.parametrize("seed", range(5))
def test_likelihood_of_partial_annotation_sums_the_paths_that_agree(scores, seed):
    potentials, transitions, mask = scores
    allowed = torch.rand(potentials.shape, generator=torch.Generator().manual_seed(seed)) < 0.5
    allowed[~allowed.any(2)] = True
    nll = crf.negative_log_likelihood(potentials, transitions, mask, allowed)
    for row, length in enumerate(LENGTHS[:3]):
        all_paths = paths(potentials[row], transitions, length)
        agree = [s for path, s in all_paths.items() if all(allowed[row, i, t] for i, t in enumerate(path))]
        assert float(nll[row]) == pytest.approx(log_sum([*all_paths.values()]) - log_sum(agree))


def test_text_without_annotation_has_no_loss_and_no_gradient(scores):
    potentials = scores[0].requires_grad_()
    nll = crf.negative_log_likelihood(potentials, *scores[1:], torch.ones_like(potentials, dtype=torch.bool))
    (gradient,) = torch.autograd.grad(nll.sum(), potentials)
    assert nll.abs().max() < 1e-9
    assert gradient.abs().max() < 1e-9


def test_gradients_are_right(scores):
    potentials, transitions, mask = scores
    allowed = torch.zeros_like(potentials, dtype=torch.bool)
    allowed[..., 1] = True

    def loss(p, t):
        return (
            crf.negative_log_likelihood(p, t, mask, allowed)[:3].sum()
            + crf.log_marginals(p, t, mask)[:3, :1].square().sum()
        )

    assert torch.autograd.gradcheck(loss, (potentials.requires_grad_(), transitions.requires_grad_()))


def test_padding_changes_nothing(scores):
    potentials, transitions, mask = scores
    for row, length in enumerate(LENGTHS[:3]):
        alone = potentials[row : row + 1, :length], transitions, mask[row : row + 1, :length]
        torch.testing.assert_close(crf.log_partition(*alone)[0], crf.log_partition(*scores)[row])
        torch.testing.assert_close(crf.log_marginals(*alone)[0], crf.log_marginals(*scores)[row, :length])
        assert torch.equal(crf.viterbi(*alone)[0], crf.viterbi(*scores)[row, :length])


def test_boundaries_go_to_the_first_and_the_last_token(scores):
    potentials, _, mask = scores
    start, end = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0, 20.0, 30.0])
    added = crf.add_boundaries(potentials, mask, start, end) - potentials
    expected = torch.zeros_like(potentials)
    expected[:3, 0] += start
    expected[0, 3] += end
    expected[1, 0] += end
    expected[2, 2] += end
    torch.testing.assert_close(added, expected)


def test_head_learns_transitions_faster_by_the_scale():
    head = crf.CrfHead(4, N_TAGS, transition_scale=50.0)
    tokens, mask = torch.randn(2, 3, 4), torch.ones(2, 3, dtype=torch.bool)
    potentials, transitions = head(tokens, mask)
    assert potentials.shape == (2, 3, N_TAGS)
    transitions.sum().backward()
    assert torch.equal(head.raw_transitions.grad, torch.full((N_TAGS, N_TAGS), 50.0))
