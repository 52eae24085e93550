"""Rows for oneself alone until the transaction ends, as they are once everybody before us has let go of them."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def locked(
    rows: QuerySet[Row], *, no_key: bool = False, skip_locked: bool = False, at_most: int | None = None
) -> QuerySet[Row]:
    """Lock the rows, and return them to be read with what they are joined to.

    Two questions, on purpose. Where a statement that locks has to wait, the database reads the locked row again
    but not the rows joined to it: an order whose package was chosen meanwhile would come without one, and a
    booking that went to another date would not be found at all. `no_key` lets others refer to the rows meanwhile.
    """
    plain = rows.select_related(None).prefetch_related(None)
    if not plain.ordered:
        plain = plain.order_by("pk")
    held = plain.select_for_update(of=("self",), no_key=no_key, skip_locked=skip_locked)
    return rows.filter(pk__in=list(held.values_list("pk", flat=True)[:at_most]))
