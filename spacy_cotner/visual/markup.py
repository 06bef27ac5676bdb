"""Elements of SVG and HTML, with everything that comes from a text or a label escaped."""

from __future__ import annotations

import html
from typing import Any

from ..characters import xml_safe


def escape(value: object) -> str:
    """Make a text safe between tags and in quoted attributes, of HTML and of XML.

    value (object): Anything, above all what a user or a model wrote.
    RETURNS (str): Its text, escaped; characters that XML forbids become U+FFFD.
    """
    return html.escape(xml_safe(str(value)), quote=True)


def element(name: str, content: str = "", **attributes: Any) -> str:
    """Write an element.

    name (str): Its name.
    content (str): Markup between its tags.
    **attributes (Any): Its attributes, not yet escaped; `_` stands for `-`, `class_` for `class`, and None
        leaves one out.
    RETURNS (str): The markup.
    """
    pairs = (
        f' {key.rstrip("_").replace("_", "-")}="{escape(number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    opening = f"<{name}{''.join(pairs)}"
    return f"{opening}>{content}</{name}>" if content else f"{opening}/>"


def number(value: Any) -> Any:
    """RETURNS (Any): A float with one decimal at most, anything else as it is."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0") if isinstance(value, float) else value
