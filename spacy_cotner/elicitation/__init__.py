"""Asking an LLM to explain texts. Nothing in here imports torch, thinc or transformers."""

from .asker import Asker, Outcome
from .elicit import Elicitor
from .grains import Grain
from .settings import ElicitSettings, default_config, load_settings
from .store import AnswerStore
from .tally import Tally

__all__ = [
    "AnswerStore",
    "Asker",
    "ElicitSettings",
    "Elicitor",
    "Grain",
    "Outcome",
    "Tally",
    "default_config",
    "load_settings",
]
