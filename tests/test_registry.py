"""Every entry point of setup.cfg loads, is registered, and is tried out by a test."""

from __future__ import annotations

from configparser import ConfigParser
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import pytest
import spacy
from spacy.util import registry

ROOT = Path(__file__).parent.parent
GROUPS = {
    "spacy_factories": "factories",
    "spacy_architectures": "architectures",
    "spacy_misc": "misc",
    "spacy_scorers": "scorers",
    "spacy_readers": "readers",
    "spacy_augmenters": "augmenters",
    "spacy_layers": "layers",
}


def entry_points():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf8")
    return [
        (group, *map(str.strip, line.split("=")))
        for group, lines in config["options.entry_points"].items()
        for line in lines.strip().splitlines()
        if not line.startswith("#")
    ]


ENTRY_POINTS = entry_points()


def test_there_are_entry_points():
    assert {group for group, _, _ in ENTRY_POINTS} >= {"spacy_factories", "spacy_architectures", "spacy_cli"}


@pytest.mark.parametrize(("group", "name", "target"), ENTRY_POINTS)
def test_entry_point_loads_and_is_registered(group, name, target):
    module, attribute = target.split(":")
    assert callable(getattr(import_module(module), attribute))
    installed = {(ep.group, ep.name, ep.value) for ep in distribution("spacy-cotner").entry_points}
    assert (group, name, target) in installed, (
        "the installed package is older than setup.cfg: install it again"
    )
    if group == "spacy_factories":
        assert spacy.blank("en").has_factory(name)
    elif group in GROUPS:
        assert registry.has(GROUPS[group], name)


@pytest.mark.parametrize("name", [n for g, n, _ in ENTRY_POINTS if g in GROUPS])
def test_every_registered_name_is_in_a_test(name):
    """Behaviour is tested under its registered name: a renaming breaks a test, not a user's config."""
    texts = (path.read_text(encoding="utf8") for path in Path(__file__).parent.rglob("*.py"))
    assert any(name in text for text in texts)


@pytest.mark.parametrize("name", [n for g, n, _ in ENTRY_POINTS if g == "spacy_factories"])
def test_default_config_of_every_factory_is_filled_in(name):
    nlp = spacy.blank("en")
    nlp.add_pipe(name)
    config = nlp.config["components"][name]
    assert config["factory"] == name
    assert len(config) > 1


def test_scorer_by_its_registered_name():
    scorer = registry.get("scorers", "spacy_cotner.rel_scorer.v1")()
    assert scorer([])["rel_micro_f"] is None


def test_distillation_by_its_registered_name():
    settings = registry.get("misc", "spacy_cotner.Distillation.v1")(temperature=2.0)
    assert (settings.temperature, settings.teacher_weight, settings.kl_weight) == (2.0, 1.0, 1.0)


@pytest.mark.parametrize("extra", [[], ["spacy_cotner.CotRel.v1"]])
def test_architectures_of_the_default_configs(extra):
    nlp = spacy.blank("en")
    nlp.add_pipe("cot_ner")
    nlp.add_pipe("cot_rel")
    text = nlp.config.to_str()
    for name in ("spacy_cotner.CotNer.v1", "spacy_cotner.CotListener.v1", *extra):
        assert name in text
