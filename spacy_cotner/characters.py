"""Characters that a Doc can hold and other formats cannot."""

from __future__ import annotations

import re

# What XML forbids even as an escape: control characters, halves of surrogate pairs, two noncharacters.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    """RETURNS (str): The text with U+FFFD for what XML forbids; not escaped."""
    return FORBIDDEN.sub("\ufffd", text)
