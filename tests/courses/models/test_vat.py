"""VAT: the rate of a day, what is refused, and what an invoice may say."""

from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from courses.models import PriceBand, VatRate, VatTreatment
from courses.models.vat import RATE_WORDS

pytestmark = pytest.mark.django_db


def test_the_rate_in_force_is_the_latest_that_has_begun():
    VatRate.objects.all().delete()
    VatRate.objects.create(percent=Decimal("20"), effective_from=date(2011, 1, 4))
    VatRate.objects.create(percent=Decimal("21"), effective_from=date(2027, 4, 1))
    days = [date(2011, 1, 3), date(2011, 1, 4), date(2027, 3, 31), date(2027, 4, 1)]
    found = [VatRate.objects.in_force(day).values_list("percent", flat=True).first() for day in days]
    assert found == [None, 20, 20, 21]


@pytest.mark.parametrize("percent", ["0.2", "0", "-20", "100.01"])
def test_a_rate_that_is_no_percentage_is_refused_with_a_sentence_and_by_the_database(percent):
    day = date(2030, 1, 1)
    VatRate(percent=Decimal("20"), effective_from=day).full_clean()
    wrong = VatRate(percent=Decimal(percent), effective_from=day)
    with pytest.raises(ValidationError) as refusal:
        wrong.full_clean()
    assert RATE_WORDS in refusal.value.message_dict["percent"]
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong.save()


def test_there_is_one_rate_a_day():
    VatRate.objects.create(percent=Decimal("20"), effective_from=date(2030, 1, 1))
    with pytest.raises(ValidationError) as refusal:
        VatRate(percent=Decimal("21"), effective_from=date(2030, 1, 1)).full_clean()
    assert refusal.value.message_dict == {"effective_from": ["There is a rate from this day already: change that one."]}


def test_a_changed_rate_leaves_its_history():
    rate = VatRate.objects.create(percent=Decimal("20"), effective_from=date(2030, 1, 1))
    VatRate.objects.filter(pk=rate.pk).update(percent=Decimal("21"))
    assert list(rate.history.order_by("pgh_id").values_list("percent", flat=True)) == [20, 21]


def test_a_fresh_database_knows_the_rate_and_that_a_service_case_is_no_training():
    VatRate.objects.all().delete()
    PriceBand.objects.create(code="W5", name="One service case")
    PriceBand.objects.create(code="P2", name="Half day")
    for _ in range(2):
        import_module("courses.migrations.0006_the_first_vat_rate").know_the_rate(apps, None)
    assert VatRate.objects.values_list("percent", "effective_from").get() == (20, date(2011, 1, 4))
    assert dict(PriceBand.objects.values_list("code", "vat_treatment")) == {"W5": "STANDARD", "P2": "EXEMPT"}


@pytest.mark.parametrize("treatment", [VatTreatment.NO_SUPPLY, "20", ""])
def test_a_band_has_no_treatment_that_depends_on_the_order(treatment):
    PriceBand(code="P2", name="Half day", vat_treatment=VatTreatment.STANDARD).full_clean()
    with pytest.raises(ValidationError) as refusal:
        PriceBand(code="P2", name="Half day", vat_treatment=treatment).full_clean()
    assert list(refusal.value.message_dict) == ["vat_treatment"]
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceBand.objects.create(code="P2", name="Half day", vat_treatment=treatment)


def test_an_invoice_says_exempt_only_where_it_is_so():
    assert [treatment for treatment in VatTreatment if "exempt" in treatment.note.lower()] == [VatTreatment.EXEMPT]
    assert len({treatment.note for treatment in VatTreatment}) == len(VatTreatment)
