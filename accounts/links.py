"""Names that carry web addresses: refused where people type them, taken out where letters print them.

A letter goes to addresses that somebody typed, and mail programs make a link of whatever looks like one.
So nobody's name, nor the name of the employer they propose, may bring an address along.
"""

import re

from django.core.exceptions import ValidationError

DOT = "[.。．｡]"
# Read in one go whatever its length: somebody may send megabytes.
ADDRESS = re.compile(
    rf"\w:/|\b(?:mailto|javascript|data|tel):|\bwww{DOT}\w|\b\d{{1,3}}(?:{DOT}\d{{1,3}}){{3}}\b", re.IGNORECASE
)
ENDING = re.compile(rf"(?<=\w){DOT}(\w[\w-]+)")
# Endings that make a link however they are written. With others a small letter tells: "evil.example" is an address,
# "St.Anne's" and "J.R.Khan" are names whose owners leave out the gap.
COMMON_ENDINGS = {"app", "biz", "cn", "com", "dev", "info", "io", "live", "net", "online", "org", "ru", "shop", "site"}
COMMON_ENDINGS |= {"top", "uk", "xyz"}


def refuse_links(name: str) -> None:
    """Validate what people type as a name: theirs, their manager's, their employer's."""
    if any(is_address(word) for word in name.split()):
        raise ValidationError(
            "A name cannot hold a web or email address. Take it out. If a full stop belongs there, put a space after it.",
            code="link",
        )


def without_links(name: str) -> str:
    """Return the name without the words that a mail program would make links of."""
    words = name.split()
    kept = [word for word in words if not is_address(word)]
    return name if kept == words else " ".join(kept).strip(" -–:,;(|")


def is_address(word: str) -> bool:
    """Tell whether a mail program would make a link of this word."""
    return bool(ADDRESS.search(word)) or any(
        ending[0].islower() or ending.lower() in COMMON_ENDINGS or ending.lower().startswith("xn--")
        for ending in ENDING.findall(word)
    )
