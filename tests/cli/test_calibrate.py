"""`cotner calibrate` saves a temperature, and `spacy find-threshold` works beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy
import pytest
import spacy
import srsly
from commands import cotner
from gold import gold_docs
from spacy.cli.find_threshold import find_threshold
from spacy.tokens import Doc, DocBin

from spacy_cotner import CotnerError

calibrate = partial(cotner, "calibrate")


def scores(path: Path) -> list[float]:
    doc = spacy.load(path)("Marie Curie worked with Pierre Curie in Paris .")
    assert doc._.relations
    return [relation.score for relation in doc._.relations]


def test_the_temperature_is_saved_and_used(model_folder: Path, corpus: Path, tmp_path: Path) -> None:
    output, numbers = tmp_path / "calibrated", tmp_path / "new" / "numbers.json"
    code, text = calibrate(model_folder, corpus, output, "--json", numbers, "--threshold", 0.25)
    assert code == 0, text
    assert "ECE before" in text
    found = srsly.read_json(numbers)["cot_rel"]
    assert found["n_pairs"] == 14
    assert found["nll_after"] <= found["nll_before"]
    pipe = spacy.load(output).get_pipe("cot_rel")
    assert pipe.cfg["temperature"] == pytest.approx(found["temperature"])
    assert pipe.cfg["temperature"] != 1.0
    assert pipe.cfg["threshold"] == 0.25
    # The relations are the same, their probabilities are not: the pairs were learnt by heart.
    assert len(scores(output)) == len(scores(model_folder))
    assert min(scores(output)) > max(scores(model_folder))


def test_calibrating_twice_changes_nothing(model_folder: Path, corpus: Path, tmp_path: Path) -> None:
    calibrate(model_folder, corpus, tmp_path / "one")
    calibrate(tmp_path / "one", corpus, tmp_path / "one")
    calibrate(model_folder, corpus, tmp_path / "two")
    assert scores(tmp_path / "one") == pytest.approx(scores(tmp_path / "two"))


def test_nothing_to_calibrate_on(model_folder: Path, tmp_path: Path) -> None:
    bare = [Doc(doc.vocab, words=[t.text for t in doc]) for doc in gold_docs(spacy.blank("en"))]
    DocBin(docs=bare).to_disk(tmp_path / "bare.spacy")
    code, text = calibrate(model_folder, tmp_path / "bare.spacy", tmp_path / "out")
    assert (code, "cot_rel: no annotated relations to calibrate on" in text) == (1, True)
    assert not (tmp_path / "out").exists()


def test_nothing_to_calibrate(corpus: Path, tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "blank")
    code, text = calibrate(tmp_path / "blank", corpus, tmp_path / "out")
    assert (code, "no component of this pipeline can be calibrated" in text) == (1, True)


def test_relations_that_the_schema_forbids_do_not_disturb(trained, make_examples) -> None:
    pipe, examples = trained.get_pipe("cot_rel"), make_examples(trained)
    pipe.cfg["type_schema"] = {"lives": [["ORG", "LOC"]]}
    result = pipe.calibrate(examples)
    assert result.n_pairs == 12
    assert numpy.isfinite(result.nll_before)
    pipe.cfg["type_schema"] = {"lives": [["ORG", "LOC"]], "colleague": [["ORG", "LOC"]]}
    with pytest.raises(CotnerError, match="no annotated relations to calibrate on"):
        pipe.calibrate(examples)


def test_find_threshold(model_folder: Path, corpus: Path) -> None:
    """The threshold that spaCy tries is the one that decides, not the one that was saved."""
    best, score, tried = find_threshold(
        str(model_folder), corpus, "cot_rel", "threshold", "rel_micro_f", n_trials=5
    )
    assert list(tried) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert score == 1.0
    assert 0 < best < 1
    assert tried[0.0] < 0.5  # every pair is related
    assert tried[1.0] < 1.0
