"""The section `[augment]`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import NonNegativeInt, PositiveInt

from ..settings import GrainSettings, Section, read_section, validate

Method = Literal["style", "entity", "image"]


class StyleSettings(GrainSettings):
    """How posts are rewritten: warm, since variety is the point."""

    template: str = "style"
    max_tokens: PositiveInt = 300
    temperature: float | None = 0.7


class JudgeSettings(GrainSettings):
    """How replaced entities are judged."""

    template: str = "judge"
    # Two words of JSON, but some models indent them with many spaces.
    max_tokens: PositiveInt = 100
    temperature: float | None = 0.0


class ImagineSettings(GrainSettings):
    """How pictures are imagined."""

    template: str = "image"
    max_tokens: PositiveInt = 150
    temperature: float | None = 0.7


class AugmentSettings(Section):
    """What is made of every Doc."""

    use: tuple[Method, ...] = ("style", "entity", "image")
    seed: NonNegativeInt = 0
    # The language whose tokenizer splits rewritten texts.
    lang: str = "en"
    # Keep the Docs that were read in the output, in front of what was made of each.
    originals: bool = True
    # Constrain the judge's answer with a JSON schema; false for servers that do not know it.
    json_schema: bool = True
    style: StyleSettings = StyleSettings()
    judge: JudgeSettings = JudgeSettings()
    image: ImagineSettings = ImagineSettings()


def load_augment_settings(
    path: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> AugmentSettings:
    """The defaults, overridden by a config file, overridden by single settings.

    path (Optional[Path]): A config file, with or without a section `[augment]`.
    overrides (Optional[Mapping[str, Any]]): Dotted names such as "augment.seed" -> values.
    RETURNS (AugmentSettings): The settings.
    RAISES (CotnerError): If the file can't be read or a setting is wrong.
    """
    return validate(AugmentSettings, read_section("augment", {}, path, overrides), "augment")
