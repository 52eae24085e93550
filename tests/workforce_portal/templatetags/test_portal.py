"""The tags and filters of every template: money, dates, places, states, bars, crumbs."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from lxml import html

from courses.models import Strand


def written(source, **context):
    return Template(source).render(Context(context)).strip()


MORNING = datetime(2026, 12, 8, 9, 30, tzinfo=UTC)
MIDDAY_HALF = datetime(2026, 12, 8, 12, 30, tzinfo=UTC)
THURSDAY = datetime(2026, 12, 10, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (Decimal("50.00"), "£50"),
        (Decimal("47.5"), "£47.50"),
        (1250, "£1,250"),
        (0, "free"),
        (Decimal("0.00"), "free"),
        (-5, "-£5"),
        (None, ""),
        ("", ""),
    ],
)
def test_money_says_a_price_in_words(amount, words):
    assert written("{{ amount|money }}", amount=amount) == words


@pytest.mark.parametrize(("amount", "words"), [(0, "£0.00"), (47.5, "£47.50"), (-5, "-£5.00"), (None, "")])
def test_pounds_always_has_pence(amount, words):
    assert written("{{ amount|pounds }}", amount=amount) == words


@pytest.mark.parametrize(
    ("figure", "words"), [(Decimal("77.35"), "77.4%"), (93.05, "93.1%"), (0, "0.0%"), (None, "not available")]
)
def test_percent_rounds_half_up_to_one_place(figure, words):
    assert written("{{ figure|percent }}", figure=figure) == words


@pytest.mark.parametrize(("number", "words"), [(1, "1 place"), (0, "0 places"), (1200, "1,200 places")])
def test_counted_agrees_with_its_noun(number, words):
    assert written('{{ number|counted:"place,places" }}', number=number) == words


@pytest.mark.parametrize(
    ("names", "words"), [([], ""), (["Amina"], "Amina"), (["Amina", "Ben", "Carol"], "Amina, Ben and Carol")]
)
def test_and_list_reads_as_a_sentence(names, words):
    assert written("{{ names|and_list }}", names=names) == words


def test_dates_are_written_in_british_form():
    day = date(2026, 12, 8)
    assert written("{{ day|full_date }}", day=day) == "Tuesday 8 December 2026"
    assert written("{{ day|short_date }}", day=day) == "8 Dec 2026"
    assert written("{{ day|month_year }}", day=day) == "December 2026"
    assert written("{{ day|full_date }}{{ day|short_date }}{{ day|month_year }}{{ day|deadline }}", day=None) == ""


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (time(9, 30), "9:30am"),
        (time(17), "5pm"),
        (time(12), "midday"),
        (time(0), "midnight"),
        (time(0, 5), "12:05am"),
        (time(12, 45), "12:45pm"),
        (None, ""),
    ],
)
def test_clock_says_the_time_of_day(moment, words):
    assert written("{{ moment|clock }}", moment=moment) == words


def test_times_are_local_in_summer():
    in_summer = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    assert written("{{ t|clock }}", t=in_summer) == "9:30am"
    assert written("{{ t|full_date_time }}", t=in_summer) == "Wednesday 1 July 2026, 9:30am"
    assert written("{% time_range t t %}", t=in_summer) == "9:30am to 9:30am"
    assert written("{{ t|deadline }}", t=datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == "12:30am on Thursday 2 July 2026"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (MORNING, MIDDAY_HALF, "Tuesday 8 December 2026, 9:30am to 12:30pm"),
        (MORNING, THURSDAY, "Tuesday 8 December 2026, 9:30am to Thursday 10 December 2026, 4pm"),
        (MORNING, None, "Tuesday 8 December 2026, 9:30am"),
        (date(2026, 12, 8), date(2026, 12, 10), "Tuesday 8 December 2026 to Thursday 10 December 2026"),
        (date(2026, 12, 8), date(2026, 12, 8), "Tuesday 8 December 2026"),
    ],
)
def test_date_range_says_when_something_is(start, end, words):
    assert written("{% date_range start end %}", start=start, end=end) == words


@pytest.mark.parametrize(
    ("left", "waiting", "words"),
    [
        (3, 0, "3 places left"),
        (1, 4, "1 place left"),
        (0, 0, "Full"),
        (-2, 8, "Full: 8 waiting"),
        (None, 0, "Places available"),
    ],
)
def test_places_left_says_what_is_left(left, waiting, words):
    assert written("{% places_left left waiting %}", left=left, waiting=waiting) == words


def test_strand_tag_always_carries_the_name():
    tag = html.fromstring(written("{% strand_tag strand %}", strand=Strand.MULTI_AGENCY))
    assert (tag.get("class"), tag.text) == ("portal-strand portal-strand--multi-agency", "Multi-agency safeguarding")
    assert written("{{ strand|strand_name }}", strand="core") == "Core offer"


def test_strand_tag_says_nothing_about_an_unknown_strand():
    assert written("{% strand_tag strand %}{{ strand|strand_name }}", strand="") == ""
    assert written("{{ strand|strand_class }}", strand="") == "portal-strand--other"


def test_state_escapes_words_and_refuses_unknown_kinds():
    assert written('{% state words "good" %}', words="<b>") == (
        '<strong class="portal-state portal-state--good">&lt;b&gt;</strong>'
    )
    with pytest.raises(TemplateSyntaxError):
        written('{% state "Confirmed" "pretty" %}')


def test_fill_bar_says_in_words_what_it_shows():
    bar = html.fromstring(written("{% fill_bar 5 20 waiting=3 minimum=8 %}"))
    assert bar.find_class("portal-fill__words")[0].text == "5 of 20 places taken, 3 waiting, 3 more to run"
    assert bar.find_class("portal-fill__part")[0].get("width") == "25%"


def test_fill_bar_draws_nothing_without_a_limit_and_never_more_than_all():
    assert "svg" not in written("{% fill_bar 12 None %}")
    assert "12 places taken" in written("{% fill_bar 12 None %}")
    overfull = html.fromstring(written("{% fill_bar 22 20 %}"))
    assert overfull.find_class("portal-fill__part")[0].get("width") == "100%"


def test_bar_is_empty_for_nothing_of_nothing():
    assert "portal-bar__part" not in written("{% bar 0 0 %}")
    assert 'width="45%"' in written("{% bar 9 20 %}")


def test_breadcrumbs_link_all_but_the_page_itself():
    crumbs = html.fromstring(written('{% breadcrumbs "Courses" "/courses/" title %}', title="Information <sharing>"))
    assert [(link.text, link.get("href")) for link in crumbs.findall(".//a")] == [
        ("Home", "/"),
        ("Courses", "/courses/"),
    ]
    assert crumbs.xpath("//li[@aria-current='page']")[0].text == "Information <sharing>"


def test_page_numbers_leave_gaps():
    numbers = written("{% for each in pages|page_numbers:9 %}{{ each }} {% endfor %}", pages=Paginator(range(200), 10))
    assert numbers == "1 … 8 9 10 … 20"


def test_field_and_form_errors_draw_a_form():
    class NameForm(forms.Form):
        name = forms.CharField(label="Name")

    page = html.fromstring(written("<div>{% form_errors form %}{% field form.name %}</div>", form=NameForm({})))
    assert page.find_class("govuk-error-summary")[0].find(".//a").get("href") == "#id_name"
    assert page.get_element_by_id("id_name").tag == "input"
    assert "govuk-error-summary" not in written("{% form_errors form %}", form=NameForm({"name": "Amina"}))
