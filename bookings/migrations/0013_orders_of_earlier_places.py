"""Places that were booked before places were sold: each gets the order that it would have been given.

They are paid by invoice, or recharged within the council, and settled by the sweep like everything else.
"""

from django.db import migrations

UNSOLD = ["REQUESTED", "DECLINED", "LAPSED", "CANCELLED", "CANCELLED_BY_PROVIDER"]
AT_A_TIME = 500


def sell_earlier_places(apps, schema_editor):
    booking, enrolment = (apps.get_model("bookings", name) for name in ("Booking", "SelfPacedEnrolment"))
    places = booking.objects.filter(price__gt=0, order_line=None).exclude(state__in=UNSOLD)
    for claim in places.select_related("event__version__course", "organisation", "offer__price_band").iterator(AT_A_TIME):
        starts_at, course = claim.event.starts_at, claim.event.version.course
        words = f"{course.title}, {starts_at:%-d %B %Y}" if starts_at else course.title
        sell(apps, claim, f"O{claim.reference[1:]}", words, claim.booked_at, kind="PLACE", event=claim.event)
    starts = enrolment.objects.filter(price__gt=0, order_line=None)
    for claim in starts.select_related("course", "organisation", "offer__price_band").iterator(AT_A_TIME):
        # An enrolment's reference may be a booking's with another letter in front.
        reference = f"OS{claim.reference[1:]}"
        sell(apps, claim, reference, claim.course.title, claim.enrolled_at, kind="SELF_PACED", event=None)


def sell(apps, claim, reference, description, sold_at, *, kind, event):
    order, line, rate = (
        apps.get_model(app, name) for app, name in (("bookings", "Order"), ("bookings", "OrderLine"), ("courses", "VatRate"))
    )
    is_recharged = claim.organisation.is_recharged
    needs_number = claim.organisation.is_purchase_order_required and not is_recharged
    treatment = "NO_SUPPLY" if is_recharged else claim.offer.price_band.vat_treatment
    in_force = rate.objects.filter(effective_from__lte=sold_at.date()).order_by("-effective_from").first()
    percent = in_force.percent if treatment == "STANDARD" and in_force else 0
    vat = round(claim.price * percent / 100, 2)
    claim.order_line = line.objects.create(
        order=order.objects.create(
            reference=reference,
            organisation=claim.organisation,
            source="SINGLE",
            state="AWAITING_PO" if needs_number else "CONFIRMED",
            charging_category=claim.charging_category,
            payment_method="INTERNAL_RECHARGE" if is_recharged else "PURCHASE_ORDER",
            po_status="TO_FOLLOW" if needs_number else "NOT_NEEDED",
            created_at=sold_at,
            placed_at=sold_at,
        ),
        kind=kind,
        state="SOLD",
        event=event,
        offer=claim.offer,
        group_booking_id=getattr(claim, "group_booking_id", None),
        description=description,
        list_price=claim.price,
        vat_treatment=treatment,
        vat_percent=percent,
        net=claim.price,
        vat=vat,
        gross=claim.price + vat,
        sold_at=sold_at,
        is_to_settle=True,
    )
    claim.save(update_fields=["order_line"])


class Migration(migrations.Migration):
    dependencies = [("bookings", "0012_selling_places"), ("courses", "0006_the_first_vat_rate")]

    operations = [migrations.RunPython(sell_earlier_places, migrations.RunPython.noop)]
