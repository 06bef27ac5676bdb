"""How the teacher view teaches the student view: the settings, shared by both tasks."""

from dataclasses import dataclass

from ..errors import CotnerError


@dataclass(frozen=True)
class Distillation:
    """loss = task(student) + teacher_weight * task(teacher) + kl_weight * T² * KL(teacher ‖ student)

    (arXiv 2306.14122, section 3.4; T² keeps the gradient's size, Hinton et al. 2015). All weights at 0, or
    no CoT on the training Docs: the plain, undistilled component.

    teacher_weight (float): Weight of the task loss on the teacher view.
    kl_weight (float): Weight of the KL term.
    temperature (float): T; above 1 it softens both distributions.
    detach_teacher (bool): Whether the KL term leaves the teacher view alone and moves the student view only.
    """

    teacher_weight: float = 1.0
    kl_weight: float = 1.0
    temperature: float = 1.0
    detach_teacher: bool = True

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise CotnerError(f"distillation: temperature must be above 0, not {self.temperature}")
        if self.teacher_weight < 0 or self.kl_weight < 0:
            raise CotnerError("distillation: teacher_weight and kl_weight must not be negative")


def make_distillation(
    teacher_weight: float = 1.0, kl_weight: float = 1.0, temperature: float = 1.0, detach_teacher: bool = True
) -> Distillation:
    """Build the settings from a config block, see `Distillation`."""
    return Distillation(teacher_weight, kl_weight, temperature, detach_teacher)
