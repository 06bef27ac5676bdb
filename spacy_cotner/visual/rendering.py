"""`render`: Docs to HTML or SVG, with the conventions of `spacy.displacy.render`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spacy.tokens import Doc, Span
from spacy.util import is_in_jupyter

from ..errors import CotnerError
from .markup import element, escape, number
from .page import as_page, figure
from .picture import Picture, clip, picture_from, picture_of
from .svg import MARGIN, Drawing, draw, svg_root

TITLE_HEIGHT = 20.0
STYLES = ("html", "svg")
DEFAULTS: Mapping[str, Any] = {
    "colors": {},
    "ents": None,
    "relations": None,
    "spans_key": None,
    "width": 900,
    "scores": False,
    "direction": None,
    "font": None,
    "color": None,
    "bg": None,
}
Item = Doc | Span | Picture | Mapping[str, Any]


def render(
    docs: Item | Iterable[Item],
    style: str = "html",
    *,
    page: bool = False,
    jupyter: bool | None = None,
    options: Mapping[str, Any] | None = None,
    manual: bool = False,
) -> str:
    """Draw entities as coloured spans and relations as labelled arcs above the text.

    Everything that comes from texts and labels is escaped, there is no script, and the same input gives the
    same markup. Scores are in the tooltips.

    docs (Union[Doc, Span, Picture, dict, Iterable]): What to draw; dicts only with `manual`.
    style (str): "html" (one figure a Doc) or "svg" (one standalone picture).
    page (bool): A whole HTML page, light or dark as the reader's system is.
    jupyter (Optional[bool]): Display in a notebook instead of returning; None asks whether this is one.
    options (Optional[Mapping[str, Any]]): `colors` (label -> colour, of entities and relations), `ents`
        and `relations` (the labels to show), `spans_key` (draw `doc.spans[key]` instead of `doc.ents`),
        `width` (in pixels, default 900; None for one line however long), `scores` (write them on the arcs),
        `direction` ("ltr", "rtl", default: that of most letters), `font`, `color`, `bg`.
    manual (bool): Read dicts: `text`, `ents` (`start`, `end`, `label`), `relations` (`head` and `tail` are
        positions in `ents`, `label`), `title`.
    RETURNS (str): The markup; nothing if it was displayed.
    RAISES (CotnerError): If an option, a style or an item is unknown.
    """
    if style not in STYLES:
        raise CotnerError(f"unknown style {style!r}: choose {' or '.join(STYLES)}")
    settings = check_options(options or {})
    items = [docs] if isinstance(docs, (Doc, Span, Picture, Mapping)) else list(docs)
    pictures = [_picture(item, settings, manual) for item in items]
    if settings["spans_key"]:
        _check_spans_key(items, settings["spans_key"])
    if style == "svg":
        markup = stack(draw(pictures, settings), settings)
    else:
        figures = "\n".join(figure(d.svg(), d.picture.title, rtl=d.rtl) for d in draw(pictures, settings))
        markup = as_page(figures) if page else figures
    if jupyter or (jupyter is None and is_in_jupyter()):
        from IPython.display import HTML, display

        return display(HTML(f'<span class="tex2jax_ignore">{markup}</span>'))
    return markup


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in defaults.

    options (Mapping[str, Any]): What was asked for.
    RETURNS (Dict[str, Any]): All options.
    RAISES (CotnerError): If one is unknown or has no meaning.
    """
    unknown = sorted(set(options) - set(DEFAULTS))
    if unknown:
        raise CotnerError(f"unknown option {unknown[0]!r}: the options are {', '.join(DEFAULTS)}")
    settings = {**DEFAULTS, **options}
    width, direction = settings["width"], settings["direction"]
    if width is not None and (not isinstance(width, (int, float)) or width < 100):
        raise CotnerError(
            f"option width: {width!r} is no width of 100 pixels or more, nor None for one long line"
        )
    if direction not in (None, "ltr", "rtl"):
        raise CotnerError(f"option direction: {direction!r} is neither ltr nor rtl")
    return settings


def stack(drawings: Sequence[Drawing], options: Mapping[str, Any]) -> str:
    """Put drawings below each other in one standalone picture: dark on white unless the options say
    otherwise, because nobody knows on what ground it will be shown.

    drawings (Sequence[Drawing]): The drawings.
    options (Mapping[str, Any]): The options.
    RETURNS (str): One `<svg>` element.
    """
    parts, y = [], 0.0
    for drawing in drawings:
        title = drawing.picture.title
        if title:
            y += TITLE_HEIGHT
            parts.append(element("text", escape(title), x=MARGIN, y=y, font_size=13, fill="currentColor"))
        parts.append(element("g", drawing.markup, transform=f"translate(0 {number(y)})"))
        y += drawing.height
    width = max((drawing.width for drawing in drawings), default=100.0)
    settings = {**options, "color": options["color"] or "#1f2937", "bg": options["bg"] or "#fff"}
    description = " / ".join(drawing.description() for drawing in drawings)
    return svg_root("".join(parts), width, y, settings, description)


def _picture(item: Item, options: Mapping[str, Any], manual: bool) -> Picture:
    if isinstance(item, Picture):
        return item
    if isinstance(item, Mapping) and manual:
        return picture_from(item)
    if isinstance(item, Span):
        return clip(picture_of(item.doc, options), item.start_char, item.end_char)
    if not isinstance(item, Doc):
        raise CotnerError(f"expected Docs, found {type(item).__name__} (dicts need manual=True)")
    return picture_of(item, options)


def _check_spans_key(items: Iterable[Any], key: str) -> None:
    docs = [item for item in items if isinstance(item, Doc)]
    if docs and not any(key in doc.spans for doc in docs):
        keys = sorted({name for doc in docs for name in doc.spans})
        raise CotnerError(
            f"no Doc has doc.spans[{key!r}]: {'there are ' + ', '.join(keys) if keys else 'none has any'}"
        )
