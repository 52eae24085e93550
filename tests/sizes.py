"""How large the storms and crashes of the tests are: reduced in `make test`, in full in `make soak`."""

import os

IS_SOAK = os.environ.get("PORTAL_SOAK") == "1"


def size(reduced: int, full: int) -> int:
    """The figure for this run."""
    return full if IS_SOAK else reduced
