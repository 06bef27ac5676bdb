"""Settings of elicitation: one config section, checked once, with errors of one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from confection import Config
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
)

from ..errors import CotnerError

DEFAULT_CONFIG = Path(__file__).parent / "default.cfg"

Kind = Literal["openai", "local", "recorded"]


class Section(BaseModel):
    """A part of a config."""

    # A typo in a config is an error, not a setting that is silently ignored.
    model_config = ConfigDict(extra="forbid", frozen=True)


AnySection = TypeVar("AnySection", bound=Section)


class SourceSettings(Section):
    """Who answers: see `default.cfg` for what each setting means."""

    kind: Kind = "openai"
    model: str = "gpt-4o-mini"
    base_url: str | None = None
    api_key_env: str | None = "OPENAI_API_KEY"
    vision: bool | None = None
    concurrency: PositiveInt | None = None
    timeout: PositiveFloat | None = None
    rpm: PositiveInt | None = None
    tpm: PositiveInt | None = None
    max_retries: NonNegativeInt = 5
    answer_retries: NonNegativeInt = 1
    give_up_after: PositiveInt = 20
    max_tokens_field: str = "max_tokens"
    answers: str | None = None
    gguf: str | None = None
    context: PositiveInt = 4096
    threads: PositiveInt | None = None
    extra: dict[str, Any] = {}

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
            # The value is not repeated: it may well be the key.
            raise ValueError("is the name of an environment variable, such as OPENAI_API_KEY, never the key")
        return value

    @property
    def sees(self) -> bool:
        """RETURNS (bool): Whether pictures are sent."""
        return self.kind == "openai" if self.vision is None else self.vision

    @property
    def slots(self) -> int:
        """RETURNS (int): How many requests are under way at once."""
        return self.concurrency or (16 if self.kind == "openai" else 2)

    @property
    def patience(self) -> float:
        """RETURNS (float): Seconds until a request counts as lost."""
        return self.timeout or (60.0 if self.kind == "openai" else 900.0)


class ImageSettings(Section):
    """How pictures are opened and sent."""

    root: str | None = None
    max_side: PositiveInt = 768
    quality: Annotated[int, Field(ge=1, le=95)] = 85
    max_pixels: PositiveInt = 60_000_000
    max_bytes: PositiveInt = 50_000_000
    allow_urls: bool = False
    private_urls: bool = False
    url_timeout: PositiveFloat = 20.0


class GrainSettings(Section):
    """One question: a template and how to ask it."""

    template: str
    max_tokens: PositiveInt = 300
    temperature: NonNegativeFloat | None = 0.0
    needs_image: bool = False
    examples: str | None = None
    shots: NonNegativeInt = 2
    similar: bool = False


class CaptionerSettings(GrainSettings):
    """The captioner: a question about pictures, and who is asked if it is somebody else."""

    enabled: bool = False
    template: str = "caption"
    max_tokens: PositiveInt = 150
    source: dict[str, Any] = {}


class ElicitSettings(Section):
    """The section `[elicit]`."""

    store: str | None = ".cache/cotner/answers.sqlite"
    use: list[str] | None = None
    overwrite: bool = False
    max_text_chars: PositiveInt = 20_000
    system: str | None = "system"
    max_cost: NonNegativeFloat | None = None
    prices: str | None = None
    send: bool = True
    source: SourceSettings = SourceSettings()
    images: ImageSettings = ImageSettings()
    captioner: CaptionerSettings = CaptionerSettings()
    grains: dict[str, GrainSettings] = {}

    def captioner_source(self) -> SourceSettings:
        """RETURNS (SourceSettings): Who puts pictures in words: the source, with what differs.
        RAISES (CotnerError): If a setting is wrong.
        """
        values = {**self.source.model_dump(), **self.captioner.source}
        return validate(SourceSettings, values, "elicit.captioner.source")

    def selected(self) -> dict[str, GrainSettings]:
        """The grains to ask for.

        RETURNS (Dict[str, GrainSettings]): Name -> settings, in the order they are asked.
        RAISES (CotnerError): If `use` names a grain that has no block.
        """
        for name in self.use or ():
            if name not in self.grains:
                known = ", ".join(self.grains) or "none"
                raise CotnerError(
                    f"unknown grain {name!r}: the config has {known}; "
                    f"add a block [elicit.grains.{name}] with a template"
                )
        return self.grains if self.use is None else {name: self.grains[name] for name in self.use}


def default_config() -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): The section `[elicit]` as shipped."""
    return dict(Config().from_disk(DEFAULT_CONFIG)["elicit"])


def check_settings(section: Mapping[str, Any]) -> ElicitSettings:
    """Check a config section.

    section (Mapping[str, Any]): What stands in `[elicit]`.
    RETURNS (ElicitSettings): The settings.
    RAISES (CotnerError): If a setting is unknown or has a wrong value.
    """
    return validate(ElicitSettings, section, "elicit")


def validate(kind: type[AnySection], values: Mapping[str, Any], where: str) -> AnySection:
    """Check values.

    kind (Type[Section]): What they should make.
    values (Mapping[str, Any]): Name -> value.
    where (str): What to call the section in errors.
    RETURNS (Section): The section.
    RAISES (CotnerError): If a setting is unknown or has a wrong value.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        raise CotnerError("; ".join(_one_line(item, where) for item in error.errors()[:3])) from None


def load_settings(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> ElicitSettings:
    """The shipped defaults, overridden by a config file, overridden by single settings.

    path (Optional[Path]): A config file with a section `[elicit]`.
    overrides (Optional[Mapping[str, Any]]): Dotted names such as "elicit.source.model" -> values.
    RETURNS (ElicitSettings): The settings.
    RAISES (CotnerError): If the file can't be read or a setting is wrong.
    """
    return check_settings(read_section("elicit", default_config(), path, overrides))


def read_section(
    name: str, defaults: dict[str, Any], path: Path | None, overrides: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Merge a section of a config.

    name (str): The section.
    defaults (Dict[str, Any]): What it holds unless told otherwise.
    path (Optional[Path]): A config file.
    overrides (Optional[Mapping[str, Any]]): Dotted names -> values; those of other sections are left alone.
    RETURNS (Dict[str, Any]): The section.
    RAISES (CotnerError): If the file can't be read.
    """
    config = Config({name: defaults})
    if path is not None:
        # Other sections are welcome: the same file may hold those of other commands.
        config = config.merge({name: _read_config(path).get(name, {})})
    for dotted, value in (overrides or {}).items():
        if dotted.split(".")[0] == name:
            _set_dotted(config, dotted, value)
    return dict(config[name])


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = dict(Config().from_disk(path))
    except OSError as error:
        raise CotnerError(f"{path}: can't read the config ({error.strerror})") from None
    except ValueError as error:
        raise CotnerError(f"{path}: not a valid config: {' '.join(str(error).split())}") from None
    if not config.keys() & {"elicit", "augment"}:
        raise CotnerError(f"{path}: no section [elicit] or [augment]")
    return config


def check_names(overrides: Mapping[str, Any], sections: tuple[str, ...]) -> None:
    """overrides (Mapping[str, Any]): Dotted names from the command line.
    sections (Tuple[str, ...]): The sections that a command reads.
    RAISES (CotnerError): If a name belongs to none of them.
    """
    for dotted in overrides:
        if dotted.split(".")[0] not in sections:
            start = " or ".join(f"--{section}." for section in sections)
            raise CotnerError(f"unknown setting --{dotted}: settings of this command start with {start}")


def _set_dotted(config: dict[str, Any], dotted: str, value: Any) -> None:
    *sections, name = dotted.split(".")
    for section in sections:
        config = config.setdefault(section, {})
        if not isinstance(config, dict):
            raise CotnerError(f"unknown setting --{dotted}: {section!r} is a value, not a section")
    config[name] = value


def _one_line(item: Any, section: str) -> str:
    where = ".".join((section, *map(str, item["loc"])))
    if item["type"] == "extra_forbidden":
        return f"{where}: there is no such setting"
    what = item["msg"].removeprefix("Value error, ")
    return f"{where}: {what[:1].lower()}{what[1:]}"
