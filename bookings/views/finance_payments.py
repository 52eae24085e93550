"""Payments for finance: what came in, what it pays, what of it is left, and what goes back."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.models import Role
from accounts.pagination import LongPaginator
from bookings.actions import allocations, card_payments
from bookings.forms.money import AlarmForm, AllocateForm, PayBackForm, PaymentFilter, TakeOffForm
from bookings.models import Invoice, Payment, Refund
from bookings.views.finance import PAGE_SIZE, may_change, may_read


@may_read
@require_safe
def finance_payment_list(request):
    """Payments, those with money that pays nothing first."""
    found = PaymentFilter(request.GET)
    visible = Payment.objects.visible_to(request.user).select_related("organisation", "order")
    page = LongPaginator(found.narrow(visible), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "bookings/finance/finance_payment_list.html", {"filter": found, "page": page})


@may_read
@require_safe
def finance_payment(request, payment_id):
    """One payment: where it came from, what it pays, and what can be done with the rest."""
    return _page(request, _payment_of(request, payment_id))


@may_change
@require_POST
def finance_payment_allocate(request, payment_id):
    """Let a payment pay an invoice that somebody of finance names."""
    payment = _payment_of(request, payment_id)
    form = AllocateForm(request.POST)
    if not form.is_valid():
        return _page(request, payment, allocate=form)
    said = form.cleaned_data
    invoice = Invoice.objects.visible_to(request.user).issued().filter(number=said["number"]).first()
    if invoice is None:
        form.add_error("number", "No invoice has this number.")
        return _page(request, payment, allocate=form)
    try:
        share = allocations.allocate(
            payment_id=payment.pk, invoice_id=invoice.pk, now=clock.now(), by=request.user,
            amount=said["amount"], left_shown=said["left_shown"],
        )  # fmt: skip
    except allocations.AllocationRefused as refusal:
        return _page(request, payment, allocate=form, refusal=str(refusal))
    if share:
        messages.success(request, f"£{share:,} of this payment pays {invoice.number}.")
    else:
        messages.warning(request, f"Nothing is left to pay on {invoice.number}, or nothing of this payment is.")
    return redirect("bookings:finance_payment", payment_id=payment.pk)


@may_change
@require_POST
def finance_payment_take_off(request, payment_id, invoice_id):
    """Take a payment off an invoice that it was not meant for."""
    payment = _payment_of(request, payment_id)
    invoice = get_object_or_404(Invoice.objects.visible_to(request.user).issued(), pk=invoice_id)
    form = TakeOffForm(request.POST, invoice_id=invoice.pk)
    if not form.is_valid():
        return _page(request, payment, take_off=(invoice.pk, form))
    try:
        share = allocations.take_back(
            payment_id=payment.pk, invoice_id=invoice.pk, by=request.user, now=clock.now(), **form.cleaned_data
        )
    except allocations.AllocationRefused as refusal:
        return _page(request, payment, take_off=(invoice.pk, form), refusal=str(refusal))
    if share:
        messages.success(request, f"£{share:,} is taken off {invoice.number} and can pay something else.")
    return redirect("bookings:finance_payment", payment_id=payment.pk)


@may_change
@require_POST
def finance_payment_back(request, payment_id):
    """Owe what is left of a payment back: through the ledger's next file, or to the card."""
    payment = _payment_of(request, payment_id)
    form = PayBackForm(request.POST)
    if not form.is_valid():
        return _page(request, payment, back=form)
    try:
        allocations.pay_back(payment_id=payment.pk, by=request.user, now=clock.now(), **form.cleaned_data)
    except allocations.AllocationRefused as refusal:
        return _page(request, payment, back=form, refusal=str(refusal))
    messages.success(request, "It goes back: to the card within days, otherwise with the next file for the ledger.")
    return redirect("bookings:finance_payment", payment_id=payment.pk)


@may_change
@require_POST
def finance_payment_alarm(request, payment_id):
    """Mark the alarm of a card payment as dealt with, and how."""
    payment = _payment_of(request, payment_id)
    form = AlarmForm(request.POST)
    if not form.is_valid():
        return _page(request, payment, alarm=form)
    try:
        was_waiting = card_payments.settle_alarm(
            payment_id=payment.pk, by=request.user, now=clock.now(), **form.cleaned_data
        )
    except card_payments.AlarmChanged as refusal:
        return _page(request, payment, alarm=form, refusal=str(refusal))
    if was_waiting:
        messages.success(request, "The alarm is dealt with. It stays here to be read.")
    else:
        messages.warning(request, "Nothing was to be done about it any more.")
    return redirect("bookings:finance_payment", payment_id=payment.pk)


@may_change
@require_POST
def finance_refund_again(request, refund_id):
    """Try a refund again that could not be paid back."""
    refund = get_object_or_404(Refund, pk=refund_id)
    card_payments.try_refund_again(refund_id=refund.pk, by=request.user, now=clock.now())
    messages.success(request, "The refund is sent again within a minute.")
    return redirect("bookings:finance_payment", payment_id=refund.payment_id)


def _payment_of(request, payment_id):
    visible = Payment.objects.visible_to(request.user).select_related(
        "organisation", "order", "alarm_settled_by__practitioner"
    )
    return get_object_or_404(visible, pk=payment_id)


def _page(request, payment, *, refusal="", allocate=None, take_off=None, back=None, alarm=None):
    if refusal:
        payment = _payment_of(request, payment.pk)
    is_changeable = request.user.has_role(Role.FINANCE)
    usable = is_changeable and payment.amount_left > 0
    left = {"left_shown": payment.amount_left}
    wrong = allocate or back or alarm or (take_off[1] if take_off else None)
    context = {
        "payment": payment,
        "paying": _what_it_pays(payment, take_off if is_changeable else None),
        "refunds": payment.refunds.select_related("credit_note", "export").order_by("pk"),
        "import_rows": payment.import_rows.select_related("ledger_import").order_by("pk"),
        "allocate": (allocate or AllocateForm(initial=left)) if usable else None,
        "back": (back or PayBackForm(initial={**left, "amount": payment.amount_left})) if usable else None,
        # A form that is shown again speaks of the alarm that is read with it.
        "alarm": _alarm_form(payment, alarm) if is_changeable and payment.is_alarming else None,
        "may_take_off": is_changeable and payment.kind != Payment.Kind.CARD,
        "may_change": is_changeable,
        "bound": wrong,
        "refusal": refusal,
    }
    return render(request, "bookings/finance/finance_payment.html", context, status=422 if refusal or wrong else 200)


def _alarm_form(payment, sent):
    form = AlarmForm(initial={"alarm_shown": payment.alarm})
    if sent:
        form = AlarmForm({**sent.data.dict(), "alarm-alarm_shown": payment.alarm})
    return form


def _what_it_pays(payment, take_off):
    """Each invoice with how much of the payment pays it now, and the form that takes it off again."""
    shares = {}
    for each in payment.allocations.select_related("invoice__organisation").order_by("pk"):
        _, paid = shares.get(each.invoice_id, (None, 0))
        shares[each.invoice_id] = (each.invoice, paid + each.amount)
    wrong = dict([take_off]) if take_off else {}
    return [(invoice, paid, wrong.get(pk) or TakeOffForm(invoice_id=pk)) for pk, (invoice, paid) in shares.items()]
