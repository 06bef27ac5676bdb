"""HTML around pictures: figures, and a page that is light or dark as the reader's system is. No script."""

from __future__ import annotations

from collections.abc import Iterable

from .markup import escape
from .svg import FONT

STYLE = f"""
:root {{ color-scheme: light dark; --ground: #fff; --ink: #1f2937; --soft: #64748b; --line: #e2e8f0 }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ground: #0f172a; --ink: #e2e8f0; --soft: #94a3b8; --line: #334155 }}
}}
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 {FONT} }}
figure {{ margin: 0; padding: .75rem 0; overflow-x: auto; border-bottom: 1px solid var(--line) }}
figcaption {{ color: var(--soft); font-size: .85rem }}
"""


def as_figures(drawn: Iterable[tuple[str, str]]) -> str:
    """Wrap pictures.

    drawn (Iterable[Tuple[str, str]]): Title (may be empty) and SVG of each.
    RETURNS (str): `<figure>` elements, which scroll where a picture is wider than the page.
    """
    return "\n".join(figure(svg, escape(title)) for title, svg in drawn)


def figure(svg: str, caption: str = "") -> str:
    """RETURNS (str): A picture and its caption (markup)."""
    words = f'<figcaption dir="auto">{caption}</figcaption>' if caption else ""
    return f'<figure style="overflow-x: auto">{words}{svg}</figure>'


def as_page(content: str, title: str = "Relations") -> str:
    """Make a self-contained page.

    content (str): Its markup.
    title (str): Its title, not yet escaped.
    RETURNS (str): The page.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{content}\n</body>\n</html>\n"
    )
