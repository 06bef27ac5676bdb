"""How the teacher teaches the student: the settings, shared by both tasks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import CotnerError


class Scheduled:
    """A weight that changes from update to update; pickled, it is the number that it has reached.

    values (Iterable[float]): A schedule, e.g. `warmup_linear.v1` of Thinc; after its end the last one stays.
    """

    def __init__(self, values: Iterable[float]):
        self._values: Iterator[float] = iter(values)
        self.value = 0.0

    def advance(self) -> float:
        """RETURNS (float): The weight of the next update."""
        self.value = float(next(self._values, self.value))
        return self.value

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        return float, (self.value,)


Weight = float | Scheduled


@dataclass(frozen=True)
class Distillation:
    """loss = task(student) + teacher_weight * task(teacher) + kl_weight * T² * KL(teacher ‖ student)

    (arXiv 2306.14122, section 3.4; T² keeps the gradient's size, Hinton et al. 2015). The teacher of the KL
    term is what the Doc carries: its soft labels if it has some, else its CoT, read in the teacher view. All
    weights at 0, or neither on the training Docs: the plain, undistilled component.

    teacher_weight (Union[float, Scheduled]): Weight of the task loss on the teacher view.
    kl_weight (Union[float, Scheduled]): Weight of the KL term.
    temperature (float): T; above 1 it softens both distributions.
    detach_teacher (bool): Whether the KL term leaves the teacher view alone and moves the student view only.
    """

    teacher_weight: Weight = 1.0
    kl_weight: Weight = 1.0
    temperature: float = 1.0
    detach_teacher: bool = True

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise CotnerError(f"distillation: temperature must be above 0, not {self.temperature}")
        for name in ("teacher_weight", "kl_weight"):
            weight = getattr(self, name)
            if not isinstance(weight, Scheduled) and weight < 0:
                raise CotnerError(f"distillation: {name} must not be negative, but it is {weight}")

    def next_weights(self) -> tuple[float, float]:
        """RETURNS (Tuple[float, float]): `teacher_weight` and `kl_weight` of the next update."""
        weights = (self.teacher_weight, self.kl_weight)
        first, second = (w.advance() if isinstance(w, Scheduled) else w for w in weights)
        return first, second


def make_distillation(
    teacher_weight: float | Iterable[float] = 1.0,
    kl_weight: float | Iterable[float] = 1.0,
    temperature: float = 1.0,
    detach_teacher: bool = True,
) -> Distillation:
    """Build the settings from a config block, see `Distillation`. Weights may be blocks of `@schedules`."""
    weights = [w if isinstance(w, float | int) else Scheduled(w) for w in (teacher_weight, kl_weight)]
    return Distillation(weights[0], weights[1], temperature, detach_teacher)
