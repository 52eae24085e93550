"""Telephone numbers as people type them, and the mobile ones as text messages need them."""

import re

# Spaces, brackets, dots and dashes mean nothing; +44, 0044 and (0) are ways to write the same beginning.
PUNCTUATION = re.compile(r"[\s().\-/]")
MOBILE = re.compile(r"(?:\+44|0044|44)?0?(7[1-57-9]\d{8}|7624\d{6})")


def mobile_number(typed: str) -> str:
    """Return a British mobile number with its country, +447700900123; empty for anything else."""
    found = MOBILE.fullmatch(PUNCTUATION.sub("", typed))
    return f"+44{found[1]}" if found else ""
