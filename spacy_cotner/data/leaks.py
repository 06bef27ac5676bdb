"""Gold labels in the chain of thought: a teacher that can read the answer off has nothing to teach.

What is looked for is the notation of annotated data, with the gold label as it is spelled in the corpus, next
to what it labels: `B-PER`, `Marie Curie (PER)`, `PER: Marie Curie`, `[Marie Curie](PER)`, JSON, XML; for
relations the label between or in front of its pair, or a path such as `/per/per/peer` anywhere. Prose that
says what something is ("Paris is a location") is what an explanation is for. So is "Paris (location)": a
label that is an ordinary word counts only where the notation leaves no doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from re import Pattern

from spacy.tokens import Doc

from ..types import NO_RELATION, Relation, sound_relations

# Quotation marks, brackets and Markdown that may stand between a mention and its label.
_OPEN, _CLOSE = r"""["'“‘*_`\[(]*""", r"""["'”’*_`\])]*"""
_BETWEEN = r"\s*(?::|=|\||\t|/|—|–|->|=>|→|\s-)\s*"
# How much of the explanation is shown around what was found.
_AROUND = 20


def leaked_labels(doc: Doc) -> list[str]:
    """Look for the gold labels of a Doc in its explanations.

    doc (Doc): A Doc with gold entities or relations, and `Doc._.cot`.
    RETURNS (List[str]): What was found, with the grain in front and some text around it.
    """
    found: list[str] = []
    for grain, text in doc._.cot.items():
        for pattern in _patterns(doc, text):
            match = pattern.search(text)
            # What stands in the text itself is repeated, not leaked.
            if match and not pattern.search(doc.text):
                start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
                found.append(f"{grain}: {' '.join(text[start:end].split())}")
    return list(dict.fromkeys(found))


class LeakCount:
    """Counts the Docs of a corpus whose explanations give gold labels away."""

    # Share of the Docs from which on it is worth a word.
    WORTH_A_WARNING = 0.01

    def __init__(self) -> None:
        self.explained = self.leaking = 0
        self.example = ""

    def add(self, doc: Doc) -> None:
        """doc (Doc): The next Doc; one without explanation does not count."""
        if not doc._.cot:
            return
        self.explained += 1
        if evidence := leaked_labels(doc):
            self.leaking += 1
            self.example = self.example or evidence[0]

    @property
    def share(self) -> float:
        """RETURNS (float): Share of the explained Docs that give labels away."""
        return self.leaking / self.explained if self.explained else 0.0

    def warning(self) -> str:
        """RETURNS (str): One line if there are too many of them, else nothing."""
        if self.share <= self.WORTH_A_WARNING:
            return ""
        return (
            f"{self.leaking} of {self.explained} explained Docs ({self.share:.1%}) repeat gold labels in "
            f"their explanation, such as {self.example!r}: the teacher view would read them off; "
            "elicit without showing the labels"
        )


def _patterns(doc: Doc, text: str) -> Iterator[Pattern[str]]:
    """Those that can match at all: most explanations do not even hold a label."""
    labels = {ent.label_ for ent in doc.ents if ent.label_ and ent.label_ in text}
    for label in sorted(labels):
        yield _tag(label)
    for mention, label in sorted({(ent.text, ent.label_) for ent in doc.ents if ent.label_ in labels}):
        if mention.strip():
            yield _entity(mention, label)
    for relation in sound_relations(doc)[0]:
        if relation.label not in ("", NO_RELATION) and relation.label in text:
            yield _relation(relation)


@lru_cache(maxsize=256)
def _tag(label: str) -> Pattern[str]:
    """`B-PER` and the like."""
    return re.compile(rf"(?<![\w-])[BILUSE]-{re.escape(label)}(?![\w-])")


def _entity(mention: str, label: str) -> Pattern[str]:
    ent, tag = _mention(mention), _bounded(label)
    quoted_ent, quoted_tag = rf'"{ent}"', f'"{re.escape(label)}"'
    forms = [
        rf"\[{ent}\]\({tag}\)",
        rf"\[{ent}\s*\|\s*{tag}\]",
        rf"<{tag}>\s*{ent}|<[^<>]*[\"'=]{tag}[^<>]*>\s*{ent}",
        rf"{quoted_ent}\s*:\s*\[?\s*{quoted_tag}|{quoted_tag}\s*:\s*\[?\s*{quoted_ent}",
        rf"\{{[^{{}}]*{quoted_ent}[^{{}}]*{quoted_tag}[^{{}}]*\}}",
        rf"\{{[^{{}}]*{quoted_tag}[^{{}}]*{quoted_ent}[^{{}}]*\}}",
    ]
    if not _is_word(label):
        forms += [
            rf"{ent}{_CLOSE}\s*[(\[{{<]\s*{_OPEN}{tag}",
            rf"{ent}{_CLOSE}{_BETWEEN}{_OPEN}{tag}",
            rf"{tag}{_CLOSE}\s*[:=|]\s*[-•*]?\s*{_OPEN}{ent}",
        ]
    return re.compile("|".join(forms))


def _relation(relation: Relation) -> Pattern[str]:
    label = re.escape(relation.label)
    if "/" in relation.label:
        return re.compile(label)  # no word of any language
    head, tail, tag = _mention(relation.head.text), _mention(relation.tail.text), _bounded(relation.label)
    comma = rf"{_CLOSE}\s*[,;|]\s*{_OPEN}"
    arrow = rf"{_CLOSE}\s*(?:-+|–|—|→|=+)[>\[(]*\s*{_OPEN}"
    all_three = "".join(rf'(?=[^{{}}]*"{each}")' for each in (head, tail, label))
    forms = [
        rf"{tag}\s*\(\s*{_OPEN}{head}{comma}{tail}",
        rf"[(\[<]\s*{_OPEN}{head}{comma}(?:{tag}{comma}{tail}|{tail}{comma}{tag})",
        rf"{head}{arrow}{tag}{_CLOSE}\s*(?:-+>?|–|—|→|=+>?)\s*{_OPEN}{tail}",
        rf"\{{{all_three}[^{{}}]*\}}",
    ]
    return re.compile("|".join(forms))


def _mention(text: str) -> str:
    """Tokenizers change white space, people change case."""
    words = r"\s*".join(re.escape(word) for word in text.split())
    return rf"(?<!\w)(?i:{words})(?!\w)"


def _bounded(label: str) -> str:
    return rf"(?<!\w){re.escape(label)}(?!\w)"


def _is_word(label: str) -> bool:
    return label.isalpha() and not label.isupper()
