"""DiscountRule: its sentence, and what the database refuses."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import ChargingCategory
from courses.models import DiscountRule, PriceBand, Strand
from courses.models.discount import (
    ABOVE_NOTHING,
    AT_LEAST_ONE,
    AT_MOST_ALL,
    BUYERS,
    LAST_AFTER_FIRST,
    ONE_OF_THE_TWO,
    STRANDS,
)

pytestmark = pytest.mark.django_db


def rule(**facts) -> DiscountRule:
    return DiscountRule(**{"name": "School groups", "percent": Decimal("10.00")} | facts)


def test_the_sentence_says_the_whole_rule():
    whole = rule(
        charging_category=ChargingCategory.EDUCATION,
        min_places=5,
        band=PriceBand(code="P2"),
        ends_on=date(2027, 3, 31),
    )
    assert whole.sentence == (
        "10% off each place for city schools, academies and colleges, from 5 places on one date, in band P2, "
        "until 31 March 2027"
    )


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "10% off each place for everybody"),
        ({"percent": Decimal("100")}, "100% off each place for everybody"),
        ({"percent": Decimal("33.33")}, "33.33% off each place for everybody"),
        ({"percent": Decimal("7.50")}, "7.5% off each place for everybody"),
        ({"percent": None, "amount": Decimal("12.50")}, "£12.50 off each place for everybody"),
        ({"percent": None, "amount": Decimal("1000.00")}, "£1,000 off each place for everybody"),
        ({"min_places": 2}, "10% off each place for everybody, from 2 places on one date"),
        ({"strand": Strand.TRADED}, "10% off each place for everybody, in the traded offer"),
        (
            {"charging_category": ChargingCategory.OTHER_LA, "starts_on": date(2027, 4, 1)},
            "10% off each place for other councils, from 1 April 2027",
        ),
    ],
)
def test_the_sentence_leaves_out_what_is_not_so(facts, sentence):
    assert rule(**facts).sentence == sentence


def test_the_sentence_has_words_for_every_category_and_strand():
    assert set(BUYERS) == {"", *ChargingCategory.values}
    assert set(STRANDS) == set(Strand.values)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"amount": Decimal("5")}, ONE_OF_THE_TWO),
        ({"percent": None}, ONE_OF_THE_TWO),
        ({"percent": Decimal("0")}, ABOVE_NOTHING),
        ({"percent": Decimal("-10")}, ABOVE_NOTHING),
        ({"percent": Decimal("100.01")}, AT_MOST_ALL),
        ({"percent": None, "amount": Decimal("-5")}, ABOVE_NOTHING),
        ({"percent": None, "amount": Decimal("0")}, ABOVE_NOTHING),
        ({"min_places": 0}, AT_LEAST_ONE),
        ({"starts_on": date(2027, 4, 1), "ends_on": date(2027, 3, 31)}, LAST_AFTER_FIRST),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence_and_by_the_database(facts, words):
    rule().full_clean()
    with pytest.raises(ValidationError) as refusal:
        rule(**facts).full_clean()
    assert words in refusal.value.messages
    with pytest.raises(IntegrityError), transaction.atomic():
        rule(**facts).save()
    rule().save()
    assert DiscountRule.objects.count() == 1
