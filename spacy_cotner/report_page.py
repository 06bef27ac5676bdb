"""`report.html`: the scores, and texts where one view is right and another is wrong. One page, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.tokens import Doc

from .predictions import assigns, predict
from .report import Row, as_table, load_pipeline, read_examples
from .visual import Picture, Tally, compare_docs
from .visual.markup import escape
from .visual.page import LEGEND, as_page, explanation, figure
from .visual.svg import draw

# (better view, worse view): texts where the one makes fewer errors than the other.
GROUPS = (("teacher", "student"), ("student", "teacher"), ("student", "baseline"), ("baseline", "student"))
REST = "The student makes the most errors"
PER_LABEL = ("ents_per_type", "rel_per_type", "rel_gold_ents_per_type")


class View(NamedTuple):
    """What one model makes of a text.

    picture (Picture): Its predictions over the gold annotation.
    tally (Tally): How right they are.
    """

    picture: Picture
    tally: Tally


class Case(NamedTuple):
    """One text.

    gold (Doc): Its annotation.
    views (Dict[str, View]): By the name of the row; the teacher's only where there is an explanation.
    """

    gold: Doc
    views: dict[str, View]

    def gain(self, better: str, worse: str) -> int:
        """RETURNS (int): How many errors one view makes less than another; 0 if one of them is missing."""
        if not {better, worse} <= set(self.views):
            return 0
        return self.views[worse].tally.errors - self.views[better].tally.errors


def read_cases(model: Path, corpus: Path, baseline: Path | None = None) -> list[Case]:
    """Let student, teacher and baseline read a corpus.

    model (Path): A trained pipeline.
    corpus (Path): A `.spacy` file.
    baseline (Optional[Path]): A pipeline that was trained without CoT.
    RETURNS (List[Case]): Each text, with what they make of it.
    RAISES (CotnerError): If something cannot be read.
    """
    nlp = load_pipeline(model)
    gold = [eg.reference for eg in read_examples(nlp, corpus)]
    cases = [Case(doc, {}) for doc in gold]
    _add(cases, "student", nlp)
    _add([case for case in cases if case.gold._.cot], "teacher", nlp, teacher=True)
    if baseline is not None:
        _add(cases, "baseline", load_pipeline(baseline))
    return cases


def as_html(rows: Sequence[Row], cases: Sequence[Case], settings: Mapping[str, Any], limit: int = 10) -> str:
    """Write the page.

    rows (Sequence[Row]): The scores.
    cases (Sequence[Case]): The texts.
    settings (Mapping[str, Any]): What was run, for the heading.
    limit (int): Show so many texts of each kind.
    RETURNS (str): A self-contained HTML page.
    """
    said = " · ".join(f"{name}: {value}" for name, value in settings.items())
    heading = f'<h1>Report</h1><p class="soft">{escape(said)}</p>'
    parts = [heading, _table(*as_table(rows)), _labels(rows), LEGEND]
    for better, worse in GROUPS:
        found = [case for case in cases if case.gain(better, worse) > 0]
        found.sort(key=lambda case: -case.gain(better, worse))
        if {better, worse} <= {row.name for row in rows}:
            title = f"The {better} makes fewer errors than the {worse}"
            parts.append(_section(title, found, (worse, better), limit))
    wrong = [case for case in cases if case.views["student"].tally.errors]
    wrong.sort(key=lambda case: -case.views["student"].tally.errors)
    parts.append(_section(REST, wrong, ("student",), limit))
    return as_page("\n".join(parts), "Report")


def _add(cases: Sequence[Case], name: str, nlp: Any, teacher: bool = False) -> None:
    entities = assigns(nlp, "doc.ents")
    predictions = predict(nlp, [case.gold for case in cases], teacher=teacher)
    for case, (gold, predicted) in zip(cases, predictions, strict=True):
        case.views[name] = View(*compare_docs(gold, predicted, {}, entities=entities))


def _section(heading: str, cases: Sequence[Case], names: Sequence[str], limit: int) -> str:
    counted = f"{len(cases):,} texts" + (f", the first {limit}" if len(cases) > limit else "")
    parts = [f'<h2>{escape(heading)}</h2><p class="soft">{counted}</p>']
    shown = [(case, name) for case in cases[:limit] for name in names]
    drawings = draw([case.views[name].picture for case, name in shown], {"width": 900})
    for (case, name), drawing in zip(shown, drawings, strict=True):
        is_last = name == names[-1]
        caption = f"{_name(case.gold) if name == names[0] else ''}{name}: {case.views[name].tally}"
        parts.append(figure(drawing.svg(), caption, explanation(case.gold) if is_last else "", drawing.rtl))
    return "\n".join(parts)


def _name(doc: Doc) -> str:
    return f"{doc.user_data['id']} · " if doc.user_data.get("id") else ""


def _labels(rows: Sequence[Row]) -> str:
    """Scores by label, folded away."""
    parts = []
    for key in PER_LABEL:
        scores = {row.name: row.scores.get(key) or {} for row in rows}
        labels = sorted({label for by_label in scores.values() for label in by_label})
        lines = [[label, *(_f(scores[name].get(label)) for name in scores)] for label in labels]
        if lines:
            table = _table([key.replace("_per_type", " F1, by label").replace("_", " "), *scores], lines)
            parts.append(f"<details><summary>{escape(key)}</summary>{table}</details>")
    return "".join(parts)


def _f(scores: Mapping[str, float] | None) -> str:
    return "-" if scores is None else f"{100 * scores['f']:.1f}"


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
