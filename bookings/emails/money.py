"""Letters about money: orders, purchase orders, invoices, credit notes, packages. To the contact, never to the person."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum

from accounts.correspondence import queue_email
from accounts.models import Organisation, OutboundEmail, Partnership, Practitioner
from bookings.emails.charges import Payer
from bookings.emails.facts import address_of
from bookings.models import Booking, CreditNote, Invoice, Order, Package, Payment


def payer_of(organisation: Organisation, contact: Practitioner | None = None) -> Payer | None:
    """Return who hears about money: the contact who ordered, else one who speaks for it by now, else its address."""
    contacts = list(
        organisation.memberships.as_contact()
        .filter(practitioner__anonymised_at__isnull=True)
        .select_related("practitioner__user")
        .order_by("pk")
    )
    contacts.sort(key=lambda each: contact is None or each.practitioner_id != contact.pk)
    for each in contacts:
        address = address_of(each.practitioner)
        if address:
            return Payer(address=address, practitioner=each.practitioner)
    return Payer(address=organisation.invoice_email) if organisation.invoice_email else None


def order_confirmed(*, order: Order, now: datetime) -> OutboundEmail | None:
    """At once: what was ordered, what it costs, how it is paid, and what is still needed."""
    return _about_order("order_confirmed", order, now=now)


def purchase_order_needed(*, order: Order, now: datetime) -> OutboundEmail | None:
    """Some working days before it is due: the purchase order has not come."""
    return _about_order("purchase_order_needed", order, now=now, version=f"{order.po_due_at:%Y%m%d}")


def purchase_order_missed(*, order: Order, bookings: Sequence[Booking], now: datetime) -> OutboundEmail | None:
    """When places went back because no purchase order came."""
    return _about_order("purchase_order_missed", order, now=now, version=f"{now:%Y%m%d}", bookings=bookings)


def paid_back(*, payment: Payment, reason: str, now: datetime) -> OutboundEmail | None:
    """A card payment came when its places could no longer be given: all of it goes back."""
    if payment.order is None:
        return None
    return _about_order("paid_back", payment.order, now=now, version=payment.reference, payment=payment, reason=reason)


def invoice_issued(*, invoice: Invoice, now: datetime) -> OutboundEmail | None:
    """When finance has issued an invoice: what for, how much, until when, and where the document is."""
    return _about_invoice("invoice_issued", invoice, now=now)


def credit_note_issued(*, note: CreditNote, now: datetime) -> OutboundEmail | None:
    """When something was taken back from an invoice."""
    return _about_invoice("credit_note_issued", note.invoice, now=now, version=note.number or "", note=note)


def invoice_disputed(*, invoice: Invoice, now: datetime) -> OutboundEmail | None:
    """At once: we have heard what is not right, and who looks at it."""
    version = f"{invoice.disputed_at:%Y%m%dT%H%M%S}" if invoice.disputed_at else ""
    return _about_invoice("invoice_disputed", invoice, now=now, version=version)


def dispute_answered(*, invoice: Invoice, answer: str, now: datetime) -> OutboundEmail | None:
    """When finance has answered."""
    version = f"{invoice.disputed_at:%Y%m%dT%H%M%S}" if invoice.disputed_at else ""
    return _about_invoice("dispute_answered", invoice, now=now, version=version, answer=answer)


def package_granted(*, package: Package, now: datetime) -> OutboundEmail | None:
    """At once: the package, its year, what is in it."""
    return _about_package("package_granted", package, now=now)


def package_ending(*, package: Package, now: datetime) -> OutboundEmail | None:
    """Some weeks before the end of its year: what is left, and how to go on."""
    return _about_package("package_ending", package, now=now)


def _about_order(
    letter: str, order: Order, *, now: datetime, version: str = "", **facts: object
) -> OutboundEmail | None:
    sold = order.lines.exclude(state="DROPPED")
    totals = sold.aggregate(net=Sum("net"), vat=Sum("vat"), gross=Sum("gross"))
    lines = list(sold.select_related("event__version__course").order_by("event__starts_at", "event_id", "pk"))
    return _queue(
        letter,
        payer_of(order.organisation, order.contact),
        key=(order.pk, version),
        about=f"order:{order.pk}",
        context={"order": order, "organisation": order.organisation, "lines": lines, "totals": totals, **facts},
        now=now,
    )


def _about_invoice(
    letter: str, invoice: Invoice, *, now: datetime, version: str = "", **facts: object
) -> OutboundEmail | None:
    contact = invoice.order.contact if invoice.order else None
    return _queue(
        letter,
        payer_of(invoice.organisation, contact),
        key=(invoice.pk, version),
        about=f"invoice:{invoice.pk}",
        context={"invoice": invoice, "order": invoice.order, "organisation": invoice.organisation, **facts},
        now=now,
    )


def _about_package(letter: str, package: Package, *, now: datetime) -> OutboundEmail | None:
    return _queue(
        letter,
        payer_of(package.organisation),
        key=(package.pk, ""),
        about=f"package:{package.pk}",
        context={"package": package, "organisation": package.organisation},
        now=now,
    )


def _queue(
    letter: str, payer: Payer | None, *, key: tuple[int, str], about: str, context: dict, now: datetime
) -> OutboundEmail | None:
    if payer is None:
        return None
    pk, version = key
    return queue_email(
        key=f"bookings.{letter}:{pk}" + (f":{version}" if version else ""),
        to=payer.address,
        letter=f"bookings/{letter}",
        context={**context, "payer": payer.practitioner, "partnership": Partnership.objects.current(), "now": now},
        now=now,
        about=about,
        practitioner=payer.practitioner,
    )
