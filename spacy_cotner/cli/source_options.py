"""The options that all commands share that ask an LLM."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from spacy.cli._util import parse_config_overrides

from ..elicitation.settings import check_names

Config = Annotated[Path | None, typer.Option("--config", "-c", help="Config with a section [elicit]")]
Source = Annotated[str | None, typer.Option("--source", "-s", help="openai, local or recorded")]
Store = Annotated[Path | None, typer.Option("--store", help="SQLite file that answers are kept in")]
MaxCost = Annotated[float | None, typer.Option("--max-cost", help="Stop before it costs more")]
Limit = Annotated[int | None, typer.Option("--limit", "-n", help="Only the first N Docs")]
AllowPartial = Annotated[bool, typer.Option("--allow-partial", help="Exit with 0 though answers failed")]

# Lets a command take any setting of the config, such as --elicit.source.model gpt-4o-mini.
OVERRIDABLE = {"allow_extra_args": True, "ignore_unknown_options": True}


def collect_overrides(
    ctx: typer.Context, options: dict[str, Any], sections: tuple[str, ...] = ("elicit",)
) -> dict[str, Any]:
    """What the command line says, as settings.

    ctx (typer.Context): Holds the settings that are no options.
    options (Dict[str, Any]): Dotted name -> value of an option, None if it was not given.
    sections (Tuple[str, ...]): The sections that the command reads.
    RETURNS (Dict[str, Any]): Dotted name -> value.
    RAISES (CotnerError): If a setting belongs to another section.
    """
    overrides = parse_config_overrides(ctx.args, env_var=None)
    check_names(overrides, sections)
    given = {name: value for name, value in options.items() if value is not None}
    return {**overrides, **given}
