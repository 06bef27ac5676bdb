"""Grains: what the LLM is asked, as Jinja templates.

Texts are untrusted. They reach a template as values only, cleaned of control characters, and the filter
`fenced` puts them between tags that do not occur in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import CotnerError
from .settings import GrainSettings

PROMPTS = Path(__file__).parent / "prompts"

# What a template may use. Gold labels are left out on purpose: an explanation that was told the answer
# would teach the teacher view to read it off.
VARIABLES = {
    "text": "the text",
    "caption": "the picture in words, or none",
    "image": "whether the picture itself is attached",
    "entities": "the annotated names, without their types",
    "pairs": "the annotated pairs of names, without their relation",
}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean(text: str) -> str:
    """Drop what breaks servers and terminals: control characters and lone surrogates.

    text (str): Any text.
    RETURNS (str): Text that can be encoded.
    """
    return _CONTROL.sub("", text).encode("utf8", "ignore").decode("utf8")


def fenced(text: str, tag: str = "text") -> str:
    """Put text between tags that it can't close itself.

    text (str): Untrusted text.
    tag (str): The name of the tag; lengthened while the text holds a tag of that name.
    RETURNS (str): The text between its tags.
    """
    while re.search(rf"<\s*/?\s*{tag}\b", text, re.IGNORECASE):
        tag += "_"
    return f"<{tag}>\n{text}\n</{tag}>"


def _environment() -> ImmutableSandboxedEnvironment:
    env = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    env.filters["fenced"] = fenced
    return env


ENVIRONMENT = _environment()


def read_template(name: str) -> str:
    """The source of a template.

    name (str): One of ours, such as "noun", or the path of a .jinja file.
    RETURNS (str): The source.
    RAISES (CotnerError): If there is no such template.
    """
    path = Path(name) if name.endswith(".jinja") else PROMPTS / f"{name}.jinja"
    try:
        return path.read_text(encoding="utf8")
    except (OSError, UnicodeDecodeError):
        ours = ", ".join(sorted(file.stem for file in PROMPTS.glob("*.jinja")))
        raise CotnerError(f"no template {name!r}: give a readable .jinja file, or one of {ours}") from None


def compile_template(source: str, name: str, variables: Mapping[str, str] = VARIABLES) -> Template:
    """Compile a template and check what it uses.

    source (str): The template's text.
    name (str): What to call it in errors.
    variables (Mapping[str, str]): The names that it may use.
    RETURNS (Template): The compiled template.
    RAISES (CotnerError): If the syntax is broken or a variable is unknown.
    """
    try:
        used = meta.find_undeclared_variables(ENVIRONMENT.parse(source))
        template = ENVIRONMENT.from_string(source)
    except TemplateSyntaxError as error:
        raise CotnerError(f"template {name!r}, line {error.lineno}: {error.message}") from None
    except TemplateError as error:
        raise CotnerError(f"template {name!r}: {error.message}") from None
    if unknown := sorted(used - set(variables)):
        raise CotnerError(
            f"template {name!r} uses {', '.join(unknown)}: there is only {', '.join(variables)}"
        )
    return template


def render(template: Template, name: str, variables: Mapping[str, Any]) -> str:
    """Fill a template in.

    template (Template): The compiled template.
    name (str): What to call it in errors.
    variables (Mapping[str, Any]): Name -> value.
    RETURNS (str): The prompt.
    RAISES (CotnerError): If the template fails on these values.
    """
    try:
        return template.render(variables).strip()
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise CotnerError(f"template {name!r}: {error}") from None


def read_system(name: str | None) -> str:
    """The system prompt.

    name (Optional[str]): A template's name or file.
    RETURNS (str): The prompt, empty if there is none.
    """
    return render(compile_template(read_template(name), name, {}), name, {}) if name else ""


class Grain:
    """One question that is asked about every text.

    name (str): The grain, the key of the answer in `Doc._.cot`.
    settings (GrainSettings): How it is asked.
    source (Optional[str]): The template's text; read from `settings.template` if not given.
    """

    def __init__(self, name: str, settings: GrainSettings, source: str | None = None) -> None:
        self.name = name
        self.settings = settings
        self.source = read_template(settings.template) if source is None else source
        self._template = compile_template(self.source, settings.template)

    def render(self, variables: Mapping[str, Any]) -> str:
        """variables (Mapping[str, Any]): See `VARIABLES`.
        RETURNS (str): The prompt.
        """
        return render(self._template, self.settings.template, variables)
