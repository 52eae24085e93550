"""Pages of whoever pays by card, before and after GOV.UK Pay; and the address that GOV.UK Pay itself sends messages to."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from bookings import govuk_pay
from bookings.actions import card_payments
from bookings.actions.card_payments import PaymentAway
from bookings.models import Order, Payment
from bookings.models.payment import PaymentState

# A message is some thousand bytes long.
LONGEST_MESSAGE = 100_000
PAY, STOP = "pay", "stop"


@login_required
@never_cache
def card_payment_begin(request, reference):
    """Go on to the card page with one button, or give the card up and order another way."""
    order = get_object_or_404(Order.objects.for_contact(request.user).with_facts(), reference=reference)
    payment = order.payments.by_card().order_by("pk").last()
    if payment is None:
        raise Http404
    if payment.is_finished:
        return _to_result(payment)
    if request.method != "POST":
        return _begin_page(request, payment, order)
    try:
        if request.POST.get("do") == STOP:
            card_payments.stop(payment_id=payment.pk, now=clock.now())
            return _to_result(payment)
        address = card_payments.open_page(
            payment_id=payment.pk, return_url=settings.SITE_URL + _result_url(payment), now=clock.now()
        )
    except PaymentAway as problem:
        return _begin_page(request, payment, order, problem=str(problem), status=409)
    return redirect(address) if address else _to_result(payment)


def _begin_page(request, payment, order, *, problem="", status=200):
    chosen = order.lines.in_basket().select_related("event__version__course").order_by("event__starts_at", "pk")
    context = {
        "payment": payment,
        "order": order,
        "lines": chosen,
        "is_holding": order.is_holding(clock.now()),
        "problem": problem,
    }
    return render(request, "bookings/organisation/card_payment_begin.html", context, status=status)


def _result_url(payment):
    """By a number that nobody can guess, and that says nothing of the order to the card service."""
    return reverse("bookings:card_payment_return", args=[payment.idempotency_key])


def _to_result(payment):
    return redirect(_result_url(payment))


@login_required
@never_cache
@require_safe
def card_payment_return(request, key):
    """Say what became of a payment; the card service is asked, whoever was told before."""
    payments = Payment.objects.by_card().filter(order__in=Order.objects.for_contact(request.user))
    payment = get_object_or_404(payments, idempotency_key=key)
    is_away = False
    try:
        payment = card_payments.look(payment_id=payment.pk, now=clock.now())
    except PaymentAway:
        is_away = True
    order = Order.objects.with_facts().get(pk=payment.order_id)
    context = {
        "payment": payment,
        "order": order,
        "outcome": outcome_of(payment),
        "refund": payment.refunds.order_by("pk").first(),
        "invoice": order.invoices.issued().order_by("pk").first(),
        "is_holding": order.is_holding(clock.now()),
        "is_away": is_away,
    }
    return render(request, "bookings/organisation/card_payment_return.html", context)


def outcome_of(payment):
    """Paid, paid back, not paid, of no use because something does not agree, or still being checked."""
    if payment.state == PaymentState.FAILED:
        return "wrong" if payment.alarm else "not_paid"
    if payment.state != PaymentState.SUCCEEDED or not payment.handled_at:
        return "checking"
    # What is credited later goes back by its credit note.
    return "paid_back" if payment.refunds.filter(credit_note__isnull=True).exists() else "paid"


@csrf_exempt
@require_POST
def card_webhook(request):
    """Take a message of GOV.UK Pay: whatever is rightly signed is kept once and answered at once; what it is about is asked.

    There is no limit to how often it may come, because a message that is turned away may not come again.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdecimal() or int(length) > LONGEST_MESSAGE:
        return HttpResponse(status=413)
    if not govuk_pay.signature_is_right(request.body, request.headers.get("Pay-Signature", "")):
        return HttpResponse(status=400)
    message = govuk_pay.message_of(request.body)
    if message:
        card_payments.take_message(message=message, now=clock.now())
    return HttpResponse(status=200)
