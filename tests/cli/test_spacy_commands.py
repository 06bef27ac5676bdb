"""spaCy's own commands work unchanged on a pipeline of ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spacy
import srsly
from gold import gold_docs
from spacy.cli import app
from spacy.tokens import DocBin
from typer.testing import CliRunner

CONFIG = """
[paths]
train = null
dev = null

[system]
seed = 0

[nlp]
lang = "en"
pipeline = ["cot_transformer","cot_ner","cot_rel"]

[components]

[components.cot_transformer]
factory = "cot_transformer"

[components.cot_transformer.model]
@architectures = "spacy_cotner.CotTransformerModel.v1"
name = "{encoder}"
cot_length = 32
window = 64
stride = 48
mixed_precision = true

[components.cot_ner]
factory = "cot_ner"

[components.cot_rel]
factory = "cot_rel"

[corpora]

[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${{paths.train}}

[corpora.dev]
@readers = "spacy.Corpus.v1"
path = ${{paths.dev}}

[training]
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
max_steps = 2
eval_frequency = 1
accumulate_gradient = 2
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: str) -> Path:
    """A folder with a config and a corpus."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "base.cfg").write_text(CONFIG.format(encoder=tiny_encoder), encoding="utf8")
    docs = gold_docs(spacy.blank("en"))
    # `debug data` wants a hundred texts.
    DocBin(docs=docs * 25, store_user_data=True).to_disk(folder / "train.spacy")
    DocBin(docs=[*docs, spacy.blank("en")(" ")], store_user_data=True).to_disk(folder / "dev.spacy")
    run("init", "fill-config", folder / "base.cfg", folder / "config.cfg")
    return folder


def run(*args, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def paths(work: Path) -> list[str]:
    return [f"--paths.train={work / 'train.spacy'}", f"--paths.dev={work / 'dev.spacy'}"]


@pytest.fixture(scope="module")
def model(work: Path) -> Path:
    """What `spacy train` has written."""
    run("train", work / "config.cfg", "--output", work / "training", *paths(work))
    return work / "training" / "model-last"


def test_fill_config(work):
    text = (work / "config.cfg").read_text(encoding="utf8")
    for name in ("spacy_cotner.CotNer.v1", "spacy_cotner.CotRel.v1", "spacy_cotner.Distillation.v1", "k = 4"):
        assert name in text
    run("init", "fill-config", work / "config.cfg", work / "again.cfg")
    assert (work / "again.cfg").read_text(encoding="utf8") == text


def test_debug_config(work):
    run("debug", "config", work / "config.cfg", *paths(work))


def test_debug_data(work):
    assert "cot_ner" in run("debug", "data", work / "config.cfg", *paths(work))


@pytest.mark.parametrize("component", ["cot_transformer", "cot_ner", "cot_rel"])
def test_debug_model(work, component):
    output = run(
        "debug", "model", work / "config.cfg", component, "-P0", "-P1", "-P2", "-P3", "-DIM", *paths(work)
    )
    assert "model looks good" in output


def test_init_labels(work):
    run("init", "labels", work / "config.cfg", work / "labels", *paths(work))
    assert srsly.read_json(work / "labels" / "cot_ner.json") == ["LOC", "PER"]
    assert srsly.read_json(work / "labels" / "cot_rel.json") == ["colleague", "lives"]
    config = spacy.util.load_config(work / "config.cfg")
    for name in ("cot_ner", "cot_rel"):
        labels = {"@readers": "spacy.read_labels.v1", "path": str(work / "labels" / f"{name}.json")}
        config["initialize"]["components"][name] = {"labels": labels}
    config.to_disk(work / "labels.cfg")
    run("train", work / "labels.cfg", "--output", work / "labelled", *paths(work))


def test_train(model):
    meta = srsly.read_json(model / "meta.json")
    assert meta["labels"]["cot_ner"] == ["LOC", "PER"]
    assert {"ents_f", "rel_micro_f", "rel_gold_ents_micro_f", "cot_transformer_loss"} <= set(
        meta["performance"]
    )
    assert spacy.load(model)("Ada Lovelace worked with Charles Babbage in London .").has_annotation("ENT_IOB")


def test_evaluate(work, model):
    output = work / "metrics.json"
    run("evaluate", model, work / "dev.spacy", "--output", output)
    scores = json.loads(output.read_text())
    assert {"ents_f", "rel_micro_f", "rel_gold_ents_micro_f", "rel_per_type"} <= set(scores)


def test_benchmark_accuracy_and_speed(work, model):
    run("benchmark", "accuracy", model, work / "dev.spacy")
    run(
        "benchmark",
        "speed",
        model,
        work / "dev.spacy",
        "--batches",
        "30",
        "--warmup",
        "1",
        "--batch-size",
        "2",
    )


def test_apply(work, model):
    (work / "texts").mkdir(exist_ok=True)
    (work / "texts" / "one.txt").write_text("Ada Lovelace worked in London .", encoding="utf8")
    run("apply", model, work / "texts", work / "out.spacy")
    (doc,) = DocBin(store_user_data=True).from_disk(work / "out.spacy").get_docs(spacy.blank("en").vocab)
    assert isinstance(doc._.relations, list)


def test_find_threshold(work, model):
    run("find-threshold", model, work / "dev.spacy", "cot_rel", "threshold", "rel_micro_f", "--n_trials", "2")


def test_assemble(work, model):
    config = spacy.load(model).config.copy()
    for name in ("cot_transformer", "cot_ner", "cot_rel"):
        config["components"][name] = {"source": str(model)}
    config.to_disk(work / "assemble.cfg")
    run("assemble", work / "assemble.cfg", work / "assembled")
    assert spacy.load(work / "assembled").pipe_names == ["cot_transformer", "cot_ner", "cot_rel"]


def test_package(work, model):
    (work / "packages").mkdir(exist_ok=True)
    run("package", model, work / "packages", "--name", "cotner", "--version", "0.0.1", "--build", "none")
    (meta,) = (work / "packages").glob("*/meta.json")
    requirements = " ".join(srsly.read_json(meta)["requirements"])
    assert "spacy-cotner" in requirements


def test_info(model):
    assert "cot_rel" in run("info", model)


def test_train_and_continue(work, model):
    """A second training that starts from the first one's components."""
    config = spacy.util.load_config(work / "config.cfg")
    for name in ("cot_transformer", "cot_ner", "cot_rel"):
        config["components"][name] = {"source": str(model)}
    config.to_disk(work / "continue.cfg")
    run("train", work / "continue.cfg", "--output", work / "continued", *paths(work))


def test_train_with_frozen_encoder(work):
    frozen = ['--training.frozen_components=["cot_transformer"]']
    run("train", work / "config.cfg", "--output", work / "frozen", *paths(work), *frozen)
    annotating = ['--training.annotating_components=["cot_transformer"]']
    run("train", work / "config.cfg", "--output", work / "frozen", *paths(work), *frozen, *annotating)


def test_encoder_that_does_not_exist(work):
    with pytest.raises(ValueError, match="cannot load the encoder"):
        run(
            "train",
            work / "config.cfg",
            *paths(work),
            "--components.cot_transformer.model.name=no/such-encoder",
        )


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "configs").glob("*.cfg")), ids=lambda p: p.name
)
def test_configs_of_the_repository(path, tmp_path):
    if "[nlp]" not in path.read_text(encoding="utf8"):
        pytest.skip("not a training config")
    run("init", "fill-config", path, tmp_path / "filled.cfg")
    run("debug", "config", tmp_path / "filled.cfg")
