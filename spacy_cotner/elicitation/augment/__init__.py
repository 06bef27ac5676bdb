"""More Docs from labelled ones: rewritten in another style, with other entities, with imagined pictures."""

from .augment import PROVENANCE_KEY, Augmenter, AugmentTally
from .settings import AugmentSettings, load_augment_settings

__all__ = ["PROVENANCE_KEY", "AugmentSettings", "AugmentTally", "Augmenter", "load_augment_settings"]
