"""Fixtures of the evaluation app's tests."""

import pytest

from tests.evaluation.observed import make_standards
from tests.evaluation.returned import make_section_11


@pytest.fixture(autouse=True)
def _standards(request, _django_db_marker) -> None:
    """A test that commits leaves empty tables behind, also those that a migration had filled."""
    if request.node.get_closest_marker("django_db"):
        make_standards()
        make_section_11()
