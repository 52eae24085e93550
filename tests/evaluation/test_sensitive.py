"""sensitive: what could tell who a child is, found and named."""

import pytest

from evaluation.sensitive import kinds, parts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I ask about Jayden every week.", {"Jayden": "a name"}),
        ("We worked with Mrs Ahmed’s team.", {"Mrs Ahmed’s": "a name"}),
        ("A boy called sam came.", {"called sam": "a name"}),
        ("Kayleigh Smith did well.", {"Kayleigh Smith": "a name"}),
        ("He is 7 years old.", {"7 years old": "an age"}),
        ("A three-month-old baby, and one aged 4.", {"three-month-old": "an age", "aged 4": "an age"}),
        ("Seen on 12/3/2026 and the 4th of May.", {"12/3/2026": "a date", "4th of May": "a date"}),
        ("DOB unknown.", {"DOB": "a date"}),
        ("They live at 12 Elm Street, LS8 1AB.", {"12 Elm Street": "an address", "LS8 1AB": "an address"}),
        ("The family in Hollins Lane, child in year 4.", {"Hollins Lane": "an address", "year 4": "an age"}),
        ("Ring 07700 900123.", {"07700 900123": "a phone number, email or web address"}),
        ("Write to me@example.org", {"me@example.org": "a phone number, email or web address"}),
        ("Case 4482913 closed.", {"4482913": "a long number"}),
        ("Use more case studies. The trainers were great on Tuesday, I think.", {}),
        ("", {}),
    ],
)
def test_what_needs_a_look_is_marked(text, found):
    assert {part.text: part.kind.value for part in parts(text) if part.kind} == found


def test_nothing_of_the_text_is_lost():
    text = "On 12/3/2026 Jayden (7 years old), of 12 Elm Street LS8 1AB;\nring 07700 900123. <b>&"

    assert "".join(part.text for part in parts(text)) == text
    assert kinds(text) == ["a date", "an age", "an address", "a phone number, email or web address", "a name"]
