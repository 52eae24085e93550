"""Mobile numbers as people type them."""

import pytest

from accounts.phones import mobile_number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("07700 900123", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("+44 (0)7700-900.123", "+447700900123"),
        ("00447700900123", "+447700900123"),
        ("07624 900123", "+447624900123"),
        ("0113 496 0000", ""),
        ("07000 900123", ""),
        ("07700 90012", ""),
        ("07700 900123 ext 4", ""),
        ("٠٧٧٠٠٩٠٠١٢٣", ""),
        ("", ""),
    ],
)
def test_mobile_number_knows_british_mobiles(typed, number):
    assert mobile_number(typed) == number
