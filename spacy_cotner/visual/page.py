"""HTML around pictures: figures, and a page that is light or dark as the reader's system is. No script."""

from __future__ import annotations

from spacy.tokens import Doc

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
h1 {{ font-size: 1.5rem }} h2 {{ font-size: 1.15rem; margin: 2rem 0 .25rem }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums }}
th, td {{ padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right }}
th:nth-child(-n+2), td:nth-child(-n+2) {{ text-align: left }}
details {{ font-size: .9rem; margin: .25rem 0 }} summary, .soft {{ color: var(--soft) }}
details p {{ margin: .25rem 0 }}
figcaption {{ color: var(--soft); font-size: .85rem }}
"""


# What the marks of a comparison mean.
LEGEND = (
    '<p class="soft"><span style="color: #16a34a">━▸</span> right · '
    '<span style="color: #dc2626">━▸ ✗</span> wrong: predicted, not annotated · '
    '<span style="color: #d97706">╍▸ ?</span> missed: annotated, not predicted</p>'
)


def figure(svg: str, caption: str = "", notes: str = "", rtl: bool = False) -> str:
    """Wrap a picture; it scrolls where it is wider than the page.

    svg (str): The picture.
    caption (str): Its heading, not yet escaped.
    notes (str): Markup below it.
    rtl (bool): Whether it stands at the right.
    RETURNS (str): A `<figure>` element.
    """
    words = f'<figcaption dir="auto">{escape(caption)}</figcaption>' if caption else ""
    direction = ' dir="rtl"' if rtl else ""
    return f'<figure{direction} style="overflow-x: auto">{words}{svg}{notes}</figure>'


def explanation(doc: Doc) -> str:
    """RETURNS (str): Markup that unfolds to caption and chain of thought of a Doc; nothing if it has none."""
    texts = {**({"picture": doc._.caption} if doc._.caption else {}), **doc._.cot}
    if not texts:
        return ""
    parts = (f'<p dir="auto"><b>{escape(name)}</b> {escape(text)}</p>' for name, text in texts.items())
    return f"<details><summary>{escape(', '.join(texts))}</summary>{''.join(parts)}</details>"


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
