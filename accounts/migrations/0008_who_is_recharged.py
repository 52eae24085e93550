"""Council services and maintained schools are part of the council: recharged, not invoiced (DOMAIN 6.4)."""

from django.db import migrations

PART_OF_THE_COUNCIL = ["la_children", "la_other", "youth_justice", "foster_carer", "school_maintained", "school_pru"]


def mark_them(apps, schema_editor):
    organisations = apps.get_model("accounts", "Organisation").objects
    organisations.filter(sector__in=PART_OF_THE_COUNCIL).update(is_recharged=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_selling_places")]

    operations = [migrations.RunPython(mark_them, migrations.RunPython.noop)]
