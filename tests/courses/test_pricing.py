"""Pricing: DOMAIN 6.2's table from the price list that the sample city loads, and which offer serves whom."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import ChargingCategory
from courses.models import Offer, Price, PriceBand, Strand
from courses.pricing import UNKNOWN, Quote, best_offer, prices_in_force, quote
from tests.makers import make_course

pytestmark = pytest.mark.django_db

ON = date(2026, 11, 21)
PRICE_LIST = Path(__file__).parents[2] / "workforce_portal/sample_city/data/prices.csv"
TERMS = {"fixed": Price.Terms.FIXED, "on quote": Price.Terms.ON_QUOTE, "not offered": Price.Terms.NOT_OFFERED}

# DOMAIN 6.2, one row a band: city school, third sector (large), private, other council.
# A hyphen is not offered, q is on quote.
TABLE = """
P0 0 0 - -
P1 30 25 40 45
P2 50 35 65 75
P3 95 70 120 150
P4 180 130 230 290
P5 320 250 420 480
W1 395 350 475 650
W3 2400 2100 2900 3600
W4 q q q q
W5 450 400 550 650
L0 0 0 0 30
L2 0 35 35 50
L3 0 50 50 75
LT 150 150 150 150
"""
COLUMNS = (
    ChargingCategory.EDUCATION,
    ChargingCategory.THIRD_LARGE,
    ChargingCategory.PRIVATE,
    ChargingCategory.OTHER_LA,
)
BANDS = [line.split()[0] for line in TABLE.strip().splitlines()]
CELLS = [
    (line.split()[0], category, words)
    for line in TABLE.strip().splitlines()
    for category, words in zip(COLUMNS, line.split()[1:], strict=True)
]


@pytest.fixture
def price_list():
    with PRICE_LIST.open(newline="") as lines:
        for row in csv.DictReader(lines):
            band = PriceBand.objects.get_or_create(code=row["band"], defaults={"name": row["band name"]})[0]
            Price.objects.create(
                band=band,
                charging_category=row["category"],
                terms=TERMS[row["terms"]],
                amount=row["amount"] or None,
                effective_from=row["effective_from"],
            )
    return prices_in_force(on=ON)


def offer_in(band, strand=Strand.TRADED):
    return Offer(strand=strand, price_band=PriceBand.objects.get(code=band))


def words_of(price: Quote) -> str:
    without_amount = {Price.Terms.NOT_OFFERED: "-", Price.Terms.ON_QUOTE: "q"}
    return without_amount.get(price.terms) or f"{price.amount:.0f}"


def test_quote_follows_the_table_of_prices(price_list):
    quoted = [
        (band, category, words_of(quote(offer=offer_in(band), category=category, on=ON, prices=price_list)))
        for band, category, _ in CELLS
    ]
    assert quoted == CELLS


def test_quote_is_free_to_the_council_in_every_band(price_list):
    quotes = [quote(offer=offer_in(band), category=ChargingCategory.INTERNAL, on=ON) for band in BANDS]
    assert [each.amount for each in quotes] == [Decimal("0")] * len(BANDS)


@pytest.mark.parametrize("category", [ChargingCategory.PARTNER_FREE, ChargingCategory.THIRD_SMALL])
@pytest.mark.parametrize(
    ("band", "amount"),
    [
        ("P0", 0),
        ("P1", 25),
        ("P2", 35),
        ("P3", 70),
        ("P4", 130),
        ("P5", 250),
        ("W1", 350),
        ("W5", 400),
        ("L0", 0),
        ("L2", 0),
        ("L3", 0),
        ("LT", 150),
    ],
)
def test_partners_and_small_charities_pay_for_traded_places_and_trainer_courses_alone(
    price_list, band, amount, category
):
    assert quote(offer=offer_in(band), category=category, on=ON).amount == amount


def test_quote_for_another_council_is_free_when_the_date_is_open_to_the_region(price_list):
    council = ChargingCategory.OTHER_LA
    assert quote(offer=offer_in("L0"), category=council, on=ON).amount == 30
    assert quote(offer=offer_in("L0"), category=council, on=ON, is_open_to_region=True).amount == 0
    assert quote(offer=offer_in("L2"), category=council, on=ON, is_open_to_region=True).amount == 50
    assert not quote(offer=offer_in("P0"), category=council, on=ON).is_offered
    assert quote(offer=offer_in("P0"), category=council, on=ON, is_open_to_region=True).is_free


def test_quote_on_request_says_where_quotes_start(price_list):
    found = quote(offer=offer_in("W4"), category=ChargingCategory.OTHER_LA, on=ON)
    assert (found.terms, found.amount, found.amount_from) == (Price.Terms.ON_QUOTE, None, Decimal("6800"))


def test_quote_is_unknown_until_the_organisation_has_a_category(price_list):
    assert quote(offer=offer_in("P3"), category="", on=ON).terms == UNKNOWN


def test_quote_without_a_price_row_names_no_sum():
    PriceBand.objects.create(code="P9", name="Nobody has priced this")
    found = quote(offer=offer_in("P9"), category=ChargingCategory.EDUCATION, on=ON)
    assert (found.terms, found.amount) == (Price.Terms.ON_QUOTE, None)


def test_quote_takes_the_price_in_force_on_the_day(price_list):
    offer = offer_in("P1")
    Price.objects.create(
        band=offer.price_band,
        charging_category=ChargingCategory.EDUCATION,
        amount=Decimal("33"),
        effective_from=date(2027, 4, 1),
    )
    assert quote(offer=offer, category=ChargingCategory.EDUCATION, on=date(2027, 3, 31)).amount == 30
    assert quote(offer=offer, category=ChargingCategory.EDUCATION, on=date(2027, 4, 1)).amount == 33


def test_quote_asks_the_database_nothing_when_it_is_given_the_prices(price_list, django_assert_num_queries):
    offer = offer_in("L3", Strand.MULTI_AGENCY)
    with django_assert_num_queries(0):
        found = quote(offer=offer, category=ChargingCategory.PARTNER_FREE, on=ON, prices=price_list)
    assert found.reason == "free to you because your agency lends trainers"


@pytest.mark.parametrize(
    ("strands", "category", "expected"),
    [
        ([Strand.CORE, Strand.TRADED], ChargingCategory.INTERNAL, Strand.CORE),
        ([Strand.CORE, Strand.TRADED], ChargingCategory.EDUCATION, Strand.TRADED),
        ([Strand.CORE, Strand.TRADED], ChargingCategory.PARTNER_FREE, Strand.TRADED),
        ([Strand.STATUTORY, Strand.MULTI_AGENCY], ChargingCategory.INTERNAL, Strand.STATUTORY),
        ([Strand.STATUTORY, Strand.MULTI_AGENCY], ChargingCategory.PARTNER_FREE, Strand.MULTI_AGENCY),
        ([Strand.CORE], ChargingCategory.EDUCATION, Strand.CORE),
        ([Strand.MULTI_AGENCY, Strand.TRADED], ChargingCategory.INTERNAL, Strand.MULTI_AGENCY),
        ([Strand.MULTI_AGENCY, Strand.TRADED], "", Strand.MULTI_AGENCY),
    ],
)
def test_best_offer_is_the_strand_made_for_the_category(strands, category, expected):
    offers = make_course(strands=strands).offers.all()
    assert best_offer(offers=offers, category=category).strand == expected


def test_best_offer_passes_over_one_that_was_withdrawn():
    course = make_course(strands=[Strand.MULTI_AGENCY, Strand.TRADED])
    course.offers.filter(strand=Strand.MULTI_AGENCY).update(is_active=False)
    assert best_offer(offers=course.offers.all(), category=ChargingCategory.PRIVATE).strand == Strand.TRADED
    course.offers.update(is_active=False)
    assert best_offer(offers=course.offers.all(), category=ChargingCategory.PRIVATE) is None
