"""How far a component's confidences can be trusted, and what makes them better."""

from typing import NamedTuple

from torch import Tensor

from ..errors import CotnerError
from ..modules.calibration import calibration_error, fit_temperature
from ..modules.pair_losses import IMPOSSIBLE, task_loss


class Calibration(NamedTuple):
    """What a calibration has changed.

    temperature (float): What logits are divided by; above 1 the model was too sure.
    n_pairs (int): Annotated pairs that it was fitted on.
    ece_before (float): Expected calibration error before.
    ece_after (float): And after.
    nll_before (float): Negative log-likelihood of a pair before.
    nll_after (float): And after.
    """

    temperature: float
    n_pairs: int
    ece_before: float
    ece_after: float
    nll_before: float
    nll_after: float


def calibrate_pairs(logits: Tensor, gold: Tensor, multi_label: bool, name: str) -> Calibration:
    """Fit a temperature.

    logits (Tensor): (pairs, outputs)
    gold (Tensor): 1 for what holds, else 0, of the same shape.
    multi_label (bool): A sigmoid for each label instead of one softmax.
    name (str): The component, for messages.
    RETURNS (Calibration): What was found.
    RAISES (CotnerError): If there is nothing to fit it on.
    """
    # What the schema forbids has probability 0 at any temperature.
    possible = ~((gold > 0) & (logits <= IMPOSSIBLE)).any(1)
    logits, gold = logits[possible], gold[possible]
    if not len(logits) or not gold[:, not multi_label :].any():
        raise CotnerError(
            f"{name}: no annotated relations to calibrate on: give texts with relations, e.g. the dev corpus"
        )
    temperature = fit_temperature(logits, gold, multi_label)

    def measure(scaled: Tensor) -> tuple[float, float]:
        nll = float(task_loss(scaled, gold, multi_label).mean())
        return calibration_error(scaled, gold, multi_label), nll

    before, after = measure(logits), measure(logits / temperature)
    return Calibration(temperature, len(gold), before[0], after[0], before[1], after[1])
