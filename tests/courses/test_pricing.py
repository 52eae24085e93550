"""Pricing: what finance can read and correct in price_examples.csv and vat_examples.csv, discounts, and who has which offer.

The two files are DOMAIN 6.2 and 6.4 worked through, one line a case. They are held against the price list that the
sample city loads and the functions that every page asks.
"""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import ChargingCategory
from accounts.spreadsheets import read_spreadsheet
from courses.models import DiscountRule, Offer, Price, PriceBand, Strand, VatRate, VatTreatment
from courses.money import Amounts
from courses.pricing import (
    UNKNOWN,
    Discount,
    NoVatRate,
    Quote,
    best_offer,
    discount_for,
    prices_in_force,
    quote,
    vat_percent,
    vat_treatment_of,
)
from courses.resources import PriceResource
from tests.makers import NOW, make_course, make_vat_rate

pytestmark = pytest.mark.django_db

ON = date(2026, 11, 21)
HERE = Path(__file__).parent
PRICE_LIST = HERE.parents[1] / "workforce_portal/sample_city/data/prices.csv"
BANDS = ["P0", "P1", "P2", "P3", "P4", "P5", "W1", "W3", "W4", "W5", "L0", "L2", "L3", "LT"]


def examples(name):
    with (HERE / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


PRICE_EXAMPLES = examples("price_examples.csv")
VAT_EXAMPLES = examples("vat_examples.csv")


@pytest.fixture
def price_list():
    result = PriceResource().import_data(read_spreadsheet(PRICE_LIST.read_bytes()), now=NOW, user=None)
    assert [row.error_dict for row in result.invalid_rows] == []
    return prices_in_force(on=ON)


@pytest.fixture
def standard_rate():
    return make_vat_rate()


def offer_in(band, strand=Strand.TRADED):
    return Offer(strand=strand, price_band=PriceBand.objects.get(code=band))


def price_in_words(price: Quote) -> str:
    if price.terms == Price.Terms.FIXED:
        return str(price.amount)
    start = f" from {price.amount_from:.0f}" if price.amount_from else ""
    return f"{Price.Terms(price.terms).label}{start}"


def vat_in_words(*, band_treatment, net, is_recharge=False) -> dict:
    treatment = vat_treatment_of(band_treatment=band_treatment, amount=net, is_recharge=is_recharge)
    amounts = Amounts.with_vat(net=net, percent=vat_percent(treatment=treatment, on=ON))
    return {"VAT treatment": treatment.label, "VAT": str(amounts.vat), "total": str(amounts.gross)}


def worked(example, prices) -> dict:
    """The same line as the portal works it out."""
    offer = offer_in(example["band"])
    price = quote(
        offer=offer,
        category=example["who"],
        on=ON,
        is_open_to_region=example["open to region"] == "yes",
        prices=prices,
    )
    no_vat = {"VAT treatment": "", "VAT": "", "total": ""}
    if price.amount is not None:
        no_vat = vat_in_words(band_treatment=offer.price_band.vat_treatment, net=price.amount)
    known = {name: example[name] for name in ("band", "who", "open to region")}
    return {**known, "price": price_in_words(price), **no_vat, "why": price.reason}


def test_every_price_is_as_finance_wrote_it_down(price_list, standard_rate):
    assert [worked(example, price_list) for example in PRICE_EXAMPLES] == PRICE_EXAMPLES


def test_no_price_is_without_its_example(price_list):
    every = {(band, category, "no") for band in BANDS for category in ChargingCategory.values}
    every |= {(band, ChargingCategory.OTHER_LA, "yes") for band in BANDS}
    written = [(example["band"], example["who"], example["open to region"]) for example in PRICE_EXAMPLES]
    assert (set(written), len(written)) == (every, len(every))
    assert set(PriceBand.objects.values_list("code", flat=True)) == set(BANDS)


@pytest.mark.parametrize("example", VAT_EXAMPLES, ids=lambda example: f"{example['case']}, {example['buyer']}")
def test_vat_is_as_finance_wrote_it_down(price_list, standard_rate, example):
    sold_as = next(treatment for treatment in VatTreatment if treatment.label == example["sold as"])
    if example["band"]:
        assert PriceBand.objects.get(code=example["band"]).vat_treatment == sold_as
    net = Decimal(example["price"]) - Decimal(example["discount"])
    found = vat_in_words(band_treatment=sold_as, net=net, is_recharge=example["paid by"] == "internal recharge")
    assert found == {name: example[name] for name in ("VAT treatment", "VAT", "total")}
    note = next(treatment.note for treatment in VatTreatment if treatment.label == found["VAT treatment"])
    assert note == example["the invoice says"]


def test_vat_takes_the_rate_in_force_on_the_day(standard_rate):
    VatRate.objects.create(percent=Decimal("17.5"), effective_from=date(2027, 4, 1))
    standard = {"treatment": VatTreatment.STANDARD}
    assert vat_percent(**standard, on=date(2027, 3, 31)) == Decimal("20")
    assert vat_percent(**standard, on=date(2027, 4, 1)) == Decimal("17.5")
    assert vat_percent(treatment=VatTreatment.EXEMPT, on=date(2027, 4, 1)) == 0


def test_vat_is_not_guessed_where_there_is_no_rate(standard_rate):
    with pytest.raises(NoVatRate):
        vat_percent(treatment=VatTreatment.STANDARD, on=date(2010, 12, 31))
    assert vat_percent(treatment=VatTreatment.NO_SUPPLY, on=date(2010, 12, 31)) == 0


def off(band="P2", strand=Strand.TRADED, category=ChargingCategory.EDUCATION, price="50", places=5, on=ON, rules=None):
    rules = DiscountRule.objects.active() if rules is None else rules
    offer = Offer(strand=strand, price_band=PriceBand.objects.get_or_create(code=band, defaults={"name": band})[0])
    return discount_for(offer=offer, category=category, price=Decimal(price), places=places, on=on, rules=rules)


@pytest.mark.parametrize(
    ("percent", "price", "expected"),
    [
        ("10", "50", "5.00"),
        ("33.33", "50", "16.67"),
        ("33.33", "95", "31.66"),
        ("0.01", "50", "0.01"),
        ("100", "95", "95.00"),
        ("50", "0", "0.00"),
    ],
)
def test_discount_in_percent_is_rounded_to_the_penny(percent, price, expected):
    DiscountRule.objects.create(name="Groups", percent=Decimal(percent))
    assert str(off(price=price).amount) == expected


def test_discount_in_pounds_never_brings_a_price_below_nothing():
    DiscountRule.objects.create(name="Welcome", amount=Decimal("40"))
    assert off(price="50").amount == 40
    assert off(price="25").amount == 25
    assert off(price="0") == Discount()


def test_discount_says_which_rule_and_why():
    rule = DiscountRule.objects.create(name="School groups", percent=Decimal("10"), min_places=5)
    assert off(places=5) == Discount(Decimal("5.00"), rule, "School groups: 10% off each place")
    assert off(places=4) == Discount(Decimal("0.00"), None, "")


def test_discounts_are_not_added_up_and_the_best_for_the_buyer_holds():
    percent = DiscountRule.objects.create(name="Ten per cent", percent=Decimal("10"))
    pounds = DiscountRule.objects.create(name="Eight pounds", amount=Decimal("8"))
    assert (off(price="50").rule, off(price="50").amount) == (pounds, 8)
    assert (off(price="95").rule, off(price="95").amount) == (percent, Decimal("9.50"))


def test_discounts_that_take_off_the_same_have_one_answer():
    older = DiscountRule.objects.create(name="Older", percent=Decimal("10"))
    DiscountRule.objects.create(name="Newer", amount=Decimal("5"))
    assert off(price="50").rule == older


@pytest.mark.parametrize(
    "other",
    [
        {"band": "P3"},
        {"strand": Strand.MULTI_AGENCY},
        {"category": ChargingCategory.PRIVATE},
        {"places": 4},
        {"on": date(2026, 11, 1)},
        {"on": date(2027, 4, 1)},
    ],
)
def test_discount_holds_for_what_its_rule_names_and_nothing_beside_it(other):
    band = PriceBand.objects.create(code="P2", name="Half day")
    DiscountRule.objects.create(
        name="School groups",
        percent=Decimal("10"),
        min_places=5,
        band=band,
        strand=Strand.TRADED,
        charging_category=ChargingCategory.EDUCATION,
        starts_on=date(2026, 11, 2),
        ends_on=date(2027, 3, 31),
    )
    inside = [off(), off(on=date(2026, 11, 2)), off(on=date(2027, 3, 31)), off(places=40)]
    assert [discount.amount for discount in inside] == [5] * 4
    assert off(**other) == Discount()


def test_discount_ends_with_its_tick():
    DiscountRule.objects.create(name="Groups", percent=Decimal("10"), is_active=False)
    assert off(rules=DiscountRule.objects.all()) == off() == Discount()


def test_discount_asks_the_database_for_no_rule(django_assert_num_queries):
    band = PriceBand.objects.create(code="P2", name="Half day")
    DiscountRule.objects.bulk_create(
        DiscountRule(name=f"Rule {number}", percent=Decimal(number), band=band) for number in range(1, 4)
    )
    offer = Offer(strand=Strand.TRADED, price_band=band)
    with django_assert_num_queries(1):
        rules = list(DiscountRule.objects.active())
        found = [
            discount_for(offer=offer, category="education", price=Decimal("50"), places=1, on=ON, rules=rules)
            for _ in range(8)
        ]
        assert {discount.rule.sentence for discount in found} == {"3% off each place for everybody, in band P2"}


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
