"""`cotner report` scores the views as a user would meet them, and refuses what it cannot read."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import spacy
import srsly
from commands import cotner
from gold import gold_docs
from spacy.tokens import DocBin

from spacy_cotner.report import compare

report = partial(cotner, "report")


def test_student_teacher_and_baseline_stand_side_by_side(
    model_folder: Path, corpus: Path, tmp_path: Path
) -> None:
    output = tmp_path / "metrics" / "dev.json"
    code, text = report(model_folder, corpus, "--baseline", model_folder, "--output", output)
    assert code == 0, text
    scores = srsly.read_json(output)
    assert {"student", "teacher", "baseline"} <= set(scores)
    # The baseline is the same pipeline here, and it reads what the student reads.
    assert scores["baseline"]["ents_per_type"] == scores["student"]["ents_per_type"]
    assert "NER F" in text
    assert f"{100 * scores['student']['ents_f']:.1f}" in text


def test_the_student_never_sees_the_explanation(model_folder: Path, corpus: Path, tmp_path: Path) -> None:
    bare = DocBin(docs=gold_docs(spacy.blank("en"), cot=False), store_user_data=True)
    bare.to_disk(tmp_path / "bare.spacy")
    student, teacher = compare(model_folder, corpus)
    (alone,) = compare(model_folder, tmp_path / "bare.spacy")
    assert (student.name, teacher.name) == ("student", "teacher")
    assert alone.scores == student.scores


def test_no_score_for_predicted_entities_where_nothing_predicts_them(
    model_folder: Path, corpus: Path, tmp_path: Path
) -> None:
    nlp = spacy.load(model_folder)
    nlp.remove_pipe("cot_ner")
    nlp.to_disk(tmp_path / "rel_only")
    scores = compare(tmp_path / "rel_only", corpus)[0].scores
    assert "rel_gold_ents_micro_f" in scores
    assert "rel_micro_f" not in scores
    assert "rel_micro_f" in compare(model_folder, corpus)[0].scores


@pytest.mark.parametrize(
    ("model", "content", "message"),
    [
        ("nowhere", b"", "no trained pipeline at nowhere"),
        (None, None, "no corpus at"),
        (None, b"not a DocBin", "is not a .spacy file that can be read"),
        (None, DocBin(store_user_data=True).to_bytes(), "holds no texts"),
    ],
)
def test_bad_input_is_one_line(
    model_folder: Path, tmp_path: Path, model: str | None, content: bytes | None, message: str
) -> None:
    path = tmp_path / "x.spacy"
    if content is not None:
        path.write_bytes(content)
    code, text = report(model or model_folder, path)
    assert code == 1
    assert message in text
    assert "Traceback" not in text


def test_page_with_examples(model_folder: Path, corpus: Path, tmp_path: Path) -> None:
    nlp = spacy.load(model_folder)
    nlp.get_pipe("cot_rel").cfg["threshold"] = 1.1  # finds no relations: worse than the student
    nlp.to_disk(tmp_path / "worse")
    page = tmp_path / "new" / "report.html"
    code, said = report(
        model_folder, corpus, "--baseline", tmp_path / "worse", "--html", page, "--examples", 1
    )
    assert code == 0, said
    text = page.read_text(encoding="utf8")
    start = text.index("The student makes fewer errors than the baseline")
    section = text[start : text.index("<h2>", start)]
    assert "2 texts, the first 1" in section
    assert section.count("<svg") == 2  # the baseline's view and the student's
    assert "? colleague" in section
    assert "two persons worked" in section
    start = text.index("The baseline makes fewer errors than the student")
    assert "0 texts" in text[start : text.index("<h2>", start)]
    assert "<script" not in text
    assert "colleague</td>" in text  # scores by label


def test_page_without_teacher_and_baseline(model_folder: Path, tmp_path: Path) -> None:
    docs = gold_docs(spacy.blank("en"), cot=False)
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "bare.spacy")
    assert report(model_folder, tmp_path / "bare.spacy", "--html", tmp_path / "report.html")[0] == 0
    text = (tmp_path / "report.html").read_text(encoding="utf8")
    assert "fewer errors" not in text
    assert "The student makes the most errors" in text
