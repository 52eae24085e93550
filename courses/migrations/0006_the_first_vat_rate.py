"""A fresh database knows the standard rate of VAT; a service case that was priced before is no training."""

from datetime import date
from decimal import Decimal

from django.db import migrations

STANDARD_SINCE = date(2011, 1, 4)


def know_the_rate(apps, schema_editor):
    apps.get_model("courses", "VatRate").objects.get_or_create(
        effective_from=STANDARD_SINCE, defaults={"percent": Decimal("20")}
    )
    apps.get_model("courses", "PriceBand").objects.filter(code="W5").update(vat_treatment="STANDARD")


class Migration(migrations.Migration):
    dependencies = [("courses", "0005_vat_and_discounts")]

    operations = [migrations.RunPython(know_the_rate, migrations.RunPython.noop)]
