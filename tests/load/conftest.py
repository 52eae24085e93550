"""Two processes beside the tests of one module."""

import pytest

from tests.load.hands import two_hands


@pytest.fixture(scope="module")
def hands():
    with two_hands() as hands:
        yield hands
