"""More Docs from labelled ones: rewritten in another style, with other entities, with imagined pictures."""

from ...types import PROVENANCE_KEY
from .augment import Augmenter, AugmentTally
from .settings import AugmentSettings, load_augment_settings

__all__ = ["PROVENANCE_KEY", "AugmentSettings", "AugmentTally", "Augmenter", "load_augment_settings"]
