"""Tags and filters every template has without loading: money, dates, places, tags of state, fields of forms."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.dateformat import format as format_date
from django.utils.html import format_html, linebreaks
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.timezone import template_localtime

from accounts import links
from accounts.clock import time_in_words
from courses.models import Strand, VatTreatment
from workforce_portal import form_renderer

register = template.Library()

FULL_DATE = "l j F Y"
STATE_KINDS = ("good", "stop", "wait", "quiet", "info")


@register.filter
def money(amount):
    """A price in words: "£50", "£47.50", "free"."""
    if amount in (None, ""):
        return ""
    pennies = _to_places(amount, "0.01")
    if not pennies:
        return "free"
    words = f"{abs(pennies):,.2f}".removesuffix(".00")
    return f"{_minus(pennies)}£{words}"


@register.filter
def pounds(amount):
    """A sum on an invoice or in a table: always with pence, "£0.00"."""
    if amount in (None, ""):
        return ""
    pennies = _to_places(amount, "0.01")
    return f"{_minus(pennies)}£{abs(pennies):,.2f}"


@register.filter
def units(amount, package):
    """An amount of a package in what it is counted in: "£120", "3.5 days"."""
    return package.in_words(amount)


@register.filter
def vat_words(treatment):
    """How VAT treats something, as a sentence begins: "Exempt from VAT"."""
    return capfirst(VatTreatment(treatment).label) if treatment else ""


@register.filter
def percent(figure):
    """A figure from 0 to 100, rounded half up to one place: "77.4%"."""
    if figure in (None, ""):
        return "not available"
    return f"{_to_places(figure, '0.1')}%"


@register.filter
def counted(number, names):
    """A number with its noun, `{{ n|counted:"place,places" }}`: "1 place", "3 places"."""
    one, many = names.split(",")
    return f"{number:,} {one if number == 1 else many}"


@register.filter
def and_list(names):
    """Names as a sentence has them: "Amina, Ben and Carol"."""
    names = [str(name) for name in names]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


@register.filter
def without_links(name, otherwise):
    """A name as a letter prints it: without web addresses, which mail programs make links of; else other words."""
    return links.without_links(str(name)) or otherwise


@register.filter(expects_localtime=True)
def full_date(day):
    return format_date(day, FULL_DATE) if day else ""


@register.filter(expects_localtime=True)
def short_date(day):
    return format_date(day, "j b Y").title() if day else ""


@register.filter(expects_localtime=True)
def month_year(day):
    return format_date(day, "F Y") if day else ""


@register.filter(expects_localtime=True)
def clock(moment):
    """The time of day as people say it: "9:30am", "5pm", "midday"."""
    return "" if moment in (None, "") else time_in_words(moment)


@register.filter(expects_localtime=True)
def full_date_time(moment):
    return f"{full_date(moment)}, {clock(moment)}" if moment else ""


@register.filter(expects_localtime=True)
def deadline(moment):
    """Until when: "5pm on Tuesday 24 November 2026"."""
    return f"{clock(moment)} on {full_date(moment)}" if moment else ""


@register.simple_tag
def time_range(starts_at, ends_at):
    return f"{clock(template_localtime(starts_at))} to {clock(template_localtime(ends_at))}"


@register.simple_tag
def date_range(starts_at, ends_at=None):
    """When something is: "Tuesday 8 December 2026, 9:30am to 12:30pm"; plain dates have no times."""
    start, end = template_localtime(starts_at), template_localtime(ends_at)
    describe = full_date_time if isinstance(start, datetime) else full_date
    if not end or start == end:
        return describe(start)
    if not isinstance(start, datetime):
        return f"{describe(start)} to {describe(end)}"
    if start.date() == end.date():
        return f"{describe(start)} to {clock(end)}"
    return f"{describe(start)} to {describe(end)}"


@register.simple_tag
def places_left(left, waiting=0):
    """What is left of a date: "3 places left", "Full: 8 waiting"; no limit: "Places available"."""
    if left is None:
        return "Places available"
    if left > 0:
        return f"{counted(left, 'place,places')} left"
    return f"Full: {waiting} waiting" if waiting else "Full"


@register.filter
def strand_class(strand):
    """The class that brings a strand's colour: `portal-strand--multi-agency`."""
    return f"portal-strand--{strand.replace('_', '-')}" if strand in Strand.values else "portal-strand--other"


@register.filter
def strand_name(strand):
    return Strand(strand).label if strand in Strand.values else ""


@register.simple_tag
def strand_tag(strand):
    """The strand's coloured tag. The name is always there: the colour alone says nothing."""
    if strand not in Strand.values:
        return ""
    return format_html('<strong class="portal-strand {}">{}</strong>', strand_class(strand), strand_name(strand))


@register.simple_tag
def state(words, kind="info"):
    """The tag of a state, in words; the kind gives the colour."""
    if kind not in STATE_KINDS:
        raise template.TemplateSyntaxError(f"A state is one of {', '.join(STATE_KINDS)}, not {kind!r}.")
    return format_html('<strong class="portal-state portal-state--{}">{}</strong>', kind, words)


@register.inclusion_tag("includes/fill_bar.html")
def fill_bar(taken, capacity=None, waiting=0, minimum=0):
    """How full a date is, as a bar and in words. Without a capacity there is nothing to fill, so no bar."""
    return {
        "taken": taken,
        "capacity": capacity,
        "waiting": waiting,
        "missing": max(minimum - taken, 0),
        "share": _share(taken, capacity),
        "minimum_share": _share(minimum, capacity),
    }


@register.inclusion_tag("includes/bar.html")
def bar(value, total):
    return {"share": _share(value, total)}


@register.inclusion_tag("includes/breadcrumbs.html")
def breadcrumbs(*words_and_addresses):
    """`{% breadcrumbs "Courses" courses_url "Working Together" %}`: the page itself may close the list."""
    addresses = (*words_and_addresses[1::2], "")
    return {"crumbs": list(zip(words_and_addresses[::2], addresses, strict=False))}


@register.filter
def page_numbers(paginator, number):
    """The page numbers worth showing around this one, with gaps."""
    return paginator.get_elided_page_range(number, on_each_side=1, on_ends=1)


@register.simple_tag
def field(bound_field, **options):
    """One field of a form with label, hint, errors and control. The options are in docs/look.md."""
    return form_renderer.draw_field(bound_field, **options)


@register.inclusion_tag("forms/error_summary.html")
def form_errors(*sources):
    """The summary of everything wrong in these forms and formsets, with links to the fields."""
    return {"links": form_renderer.error_links(*sources)}


@register.simple_block_tag(takes_context=True)
def opening(context, content):
    """`{% opening %}…{% endopening %}` in a letter: the first words after the greeting, or what the team wrote instead."""
    if "own_words" in context:
        context["own_words"]["opening"] = content
    words = context.get("wording", {}).get("opening")
    return _as_in_letter(context, words) if words else content


@register.simple_tag(takes_context=True)
def closing(context):
    """The paragraph that the team adds at the end of a letter, if it does."""
    words = context.get("wording", {}).get("closing")
    if not words:
        return ""
    return _as_in_letter(context, words if context.autoescape else f"\n{words}\n")


def _as_in_letter(context, words):
    return mark_safe(linebreaks(words, autoescape=True)) if context.autoescape else words


def _to_places(number, places):
    return Decimal(str(number)).quantize(Decimal(places), rounding=ROUND_HALF_UP)


def _minus(number):
    return "-" if number < 0 else ""


def _share(part, whole):
    """A whole percentage between 0 and 100, for the width of a bar."""
    return min(round(100 * part / whole), 100) if whole else 0
