"""Tag sequences to entities: BIO, BILUO and BIOES, as they are found in the wild."""

from __future__ import annotations

import re
from typing import NamedTuple

from .lines import fail
from .repairs import Repairs

TAG = re.compile(r"(?:O|([BIMLEUS])-(\S.*))")
SCHEMES = "BIO, BILUO or BIOES: expected O, or a prefix and a type like B-PER"


class Tag(NamedTuple):
    """One tag.

    prefix (str): "O", or B (begin), I or M (inside), L or E (last), U or S (single).
    label (str): The type of the entity; empty for "O".
    """

    prefix: str
    label: str


class TagSpan(NamedTuple):
    """An entity in a tag sequence: offsets (end excluded) and its type."""

    start: int
    end: int
    label: str


def parse_tag(tag: str, place: str) -> Tag:
    """Parse one tag.

    tag (str): As written.
    place (str): Where it stands.
    RETURNS (Tag): Its two parts.
    RAISES (CotnerError): If it belongs to none of the schemes.
    """
    match = TAG.fullmatch(tag)
    if not match:
        fail(place, f"tag {tag!r} is not {SCHEMES}")
    return Tag(match[1] or "O", match[2] or "")


def decode_tags(
    tags: list[Tag], places: list[str], repairs: Repairs, *, strict: bool = False
) -> list[TagSpan]:
    """Read entities. The schemes share their letters' meaning, so one reading serves all of them.

    An entity that starts with I- (an orphan) is an entity to the scorers that published results were made
    with, so it is kept by default; a strict reading drops it and thereby changes the number of gold entities.

    tags (List[Tag]): The tags of one text.
    places (List[str]): Where each of them stands.
    repairs (Repairs): Counts orphans.
    strict (bool): Drop entities that do not begin as the scheme says.
    RETURNS (List[TagSpan]): The entities in order.
    """
    spans: list[TagSpan] = []
    goes_on = ""  # the label that an inside tag may go on with
    drops = False  # inside an orphan that a strict reading drops
    for i, (prefix, label) in enumerate(tags):
        is_inside = prefix in "IMLE"
        if is_inside and label == goes_on:
            if not drops:
                spans[-1] = spans[-1]._replace(end=i + 1)
        elif prefix != "O":
            drops = is_inside and strict
            if is_inside:
                what = "dropped: entity" if strict else "repaired: entity (read as if with B-)"
                repairs.add(f"{what} that begins with {prefix}-", places[i])
            if not drops:
                spans.append(TagSpan(i, i + 1, label))
        goes_on = label if prefix in "BIM" else ""
    return spans
