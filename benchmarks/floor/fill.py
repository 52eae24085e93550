"""Make the floor's database: as many dates and places as the city beside it has. Run as a module in its own process."""

import os
import sys
from datetime import timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.floor.settings"

import django

django.setup()

from django.contrib.sessions.models import Session  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.floor.models import Date, Place  # noqa: E402

CAPACITY = 1_000_000


def main(dates: int, places: int) -> None:
    with connection.schema_editor() as editor:
        for model in (Session, Date, Place):
            editor.create_model(model)
    start = timezone.now() + timedelta(days=1)
    Date.objects.bulk_create(
        Date(
            title=f"Working Together to Safeguard Children and Young People {number}",
            summary="What every agency does when a child may be at risk, and how to do it together.",
            venue="Weavers Hall",
            starts_at=start + timedelta(hours=number),
            capacity=CAPACITY,
        )
        for number in range(dates)
    )
    known = list(Date.objects.values_list("pk", flat=True))
    Place.objects.bulk_create(
        (
            Place(date_id=known[number % len(known)], person=f"Person {number}", organisation="Beckside Primary School")
            for number in range(places)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
