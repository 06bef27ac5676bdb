"""Student view, teacher view and baseline, scored side by side on the same texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from spacy.language import Language
from spacy.training import Corpus, Example

from .errors import CotnerError
from .predictions import assigns

# What the table shows of spaCy's scores, with the heading of each column.
COLUMNS = {
    "ents_p": "NER P",
    "ents_r": "NER R",
    "ents_f": "NER F",
    "rel_micro_f": "REL F",
    "rel_gold_ents_micro_p": "REL P, gold ents",
    "rel_gold_ents_micro_r": "REL R, gold ents",
    "rel_gold_ents_micro_f": "REL F, gold ents",
}


class Row(NamedTuple):
    """The scores of one model on one view.

    name (str): "student", "teacher" or "baseline".
    what (str): What the model reads.
    scores (Dict[str, Any]): As `nlp.evaluate` returns them.
    """

    name: str
    what: str
    scores: dict[str, Any]


def compare(model: Path, corpus: Path, baseline: Path | None = None) -> list[Row]:
    """Score a trained pipeline on text alone and, where the corpus has CoT, on text with explanation.

    model (Path): A trained pipeline, or a package's name.
    corpus (Path): A `.spacy` file; the teacher view needs Docs with CoT in it.
    baseline (Optional[Path]): A pipeline that was trained without CoT.
    RETURNS (List[Row]): Student, teacher if there is CoT, baseline if it is given.
    RAISES (CotnerError): If a pipeline or the corpus cannot be read, or the corpus is empty.
    """
    nlp = load_pipeline(model)
    examples = read_examples(nlp, corpus)
    rows = [Row("student", "text alone", evaluate(nlp, examples))]
    explained = [eg for eg in examples if eg.reference._.cot]
    if explained:
        n, n_all = len(explained), len(examples)
        share = "" if n == n_all else f" ({n} of {n_all} texts have it)"
        rows.append(Row("teacher", f"text + explanation{share}", evaluate(nlp, teacher_examples(examples))))
    if baseline is not None:
        plain = load_pipeline(baseline)
        scores = evaluate(plain, read_examples(plain, corpus))
        rows.append(Row("baseline", "text alone, trained without CoT", scores))
    return rows


def teacher_examples(examples: Iterable[Example]) -> list[Example]:
    """Put the explanation where a live `cot_annotator` would: on the Doc that the pipeline reads.

    examples (Iterable[Example]): Explanation on `reference`.
    RETURNS (List[Example]): New examples with the same references.
    """
    explained = []
    for eg in examples:
        doc = eg.predicted.copy()
        doc._.cot, doc._.caption = eg.reference._.cot, eg.reference._.caption
        explained.append(Example(doc, eg.reference))
    return explained


def evaluate(nlp: Language, examples: Sequence[Example]) -> dict[str, Any]:
    """Score as `nlp.evaluate` does, and leave out what says nothing.

    That is scores that do not apply, spaCy's speed, and relations between predicted entities where no
    component predicts any (MNRE gives them).

    nlp (Language): A trained pipeline.
    examples (Sequence[Example]): The texts.
    RETURNS (Dict[str, Any]): The scores.
    """
    scores = {key: value for key, value in nlp.evaluate(examples).items() if value is not None}
    idle = () if assigns(nlp, "doc.ents") else ("rel_micro", "rel_macro", "rel_per_type", "rel_missed")
    return {key: value for key, value in scores.items() if key != "speed" and not key.startswith(idle)}


def read_examples(nlp: Language, corpus: Path) -> list[Example]:
    """RETURNS (List[Example]): The corpus as `spacy evaluate` reads it; never empty."""
    if not Path(corpus).exists():
        raise CotnerError(f"no corpus at {corpus}: give a .spacy file, e.g. from `cotner convert`")
    try:
        examples = list(Corpus(corpus)(nlp))
    except ValueError as error:
        raise CotnerError(f"{corpus} is not a .spacy file that can be read: {error}") from error
    if not examples:
        raise CotnerError(f"{corpus} holds no texts: nothing to score")
    return examples


def load_pipeline(path: Path | str) -> Language:
    """RETURNS (Language): A trained pipeline, from a folder or an installed package."""
    try:
        return spacy.load(path)
    except OSError as error:
        raise CotnerError(f"no trained pipeline at {path}: train one with `spacy train`") from error


def as_json(rows: Sequence[Row], settings: dict[str, str]) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): What was run, and the scores by row name."""
    return {**settings, **{row.name: {"reads": row.what, **row.scores} for row in rows}}


def as_table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """RETURNS (Tuple[List[str], List[List[str]]]): Header and lines; columns that apply to any row."""
    keys = [key for key in COLUMNS if any(key in row.scores for row in rows)]
    header = ["", "reads", *(COLUMNS[key] for key in keys)]
    lines = [[row.name, row.what, *(_percent(row.scores.get(key)) for key in keys)] for row in rows]
    return header, lines


def _percent(score: float | None) -> str:
    return "-" if score is None else f"{100 * score:.1f}"
