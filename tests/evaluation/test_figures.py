"""The formulas, as a table a data officer can check by hand: counts on the left, the printed figure on the right."""

from decimal import Decimal

import pytest

from evaluation import figures


@pytest.mark.parametrize(
    ("part", "whole", "printed", "with_a_tenth"),
    [
        (231, 280, 83, "82.5"),  # exactly a half: up, where Python's round would say 82
        (304, 393, 77, "77.4"),
        (269, 289, 93, "93.1"),
        (20, 289, 7, "6.9"),
        (1, 200, 1, "0.5"),
        (1, 201, 0, "0.5"),
        (1, 3, 33, "33.3"),
        (2, 3, 67, "66.7"),
        (33, 32, 103, "103.1"),  # occupancy may be above 100%
        (0, 12, 0, "0.0"),
        (12, 12, 100, "100.0"),
        (16489, 20000, 82, "82.4"),  # 82.445: rounded once, never 82.45 then 82.5 then 83
    ],
)
def test_rate_rounds_half_up_once(part, whole, printed, with_a_tenth):
    rate = figures.rate(part, whole)
    assert (rate.whole_number, rate.tenth) == (printed, Decimal(with_a_tenth))


@pytest.mark.parametrize(
    ("number", "places", "printed"),
    [
        ("0.05", 1, "0.1"),
        ("-0.05", 1, "-0.1"),
        ("2.449", 1, "2.4"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("0", 1, "0.0"),
    ],
)
def test_half_up_rounds_halves_away_from_zero(number, places, printed):
    assert figures.half_up(Decimal(number), places=places) == Decimal(printed)


# The quarter that DOMAIN 1 reproduces: 318 registered, 29 cancelled, 20 did not come, 304 came, 35 of them unbooked.
LLR = {"attended": 269, "walk_ins": 35, "missed": 20, "cancelled": 29, "places": 393}


def test_counts_of_the_quarter():
    assert figures.booked_on_the_day(attended=LLR["attended"], missed=LLR["missed"]) == 289
    assert figures.all_attendances(attended=LLR["attended"], walk_ins=LLR["walk_ins"]) == 304
    assert LLR["attended"] + LLR["missed"] + LLR["cancelled"] == 318


@pytest.mark.parametrize(
    ("formula", "counts", "part", "whole", "printed"),
    [
        (figures.occupancy, {"attendances": 304, "places": 393}, 304, 393, "77.4"),
        (figures.fill_rate, {"booked": 289, "places": 393}, 289, 393, "73.5"),
        (figures.attendance_rate, {"attended": 269, "missed": 20}, 269, 289, "93.1"),
        (figures.did_not_attend_rate, {"attended": 269, "missed": 20}, 20, 289, "6.9"),
        (figures.late_cancellation_rate, {"late": 9, "booked": 91}, 9, 100, "9.0"),
        (figures.event_cancellation_rate, {"cancelled": 1, "delivered": 7}, 1, 8, "12.5"),
        (figures.agency_share, {"attendances": 76, "all_attendances": 304}, 76, 304, "25.0"),
        (figures.reach, {"people": 30, "headcount": 400}, 30, 400, "7.5"),
        (figures.response_rate, {"submitted": 46, "opened": 100}, 46, 100, "46.0"),
        (figures.agreement, {"agree": 45, "answers": 50}, 45, 50, "90.0"),
        (figures.recommendation, {"yes": 231, "answers": 280}, 231, 280, "82.5"),
        (figures.improved, {"better": 30, "pairs": 40}, 30, 40, "75.0"),
        (figures.used_the_learning, {"used": 21, "answers": 30}, 21, 30, "70.0"),
    ],
)
def test_formula_keeps_its_counts(formula, counts, part, whole, printed):
    rate = formula(**counts)
    assert (rate.part, rate.whole, rate.tenth) == (part, whole, Decimal(printed))


@pytest.mark.parametrize(
    ("formula", "counts"),
    [
        (figures.occupancy, {"attendances": 4, "places": 0}),
        (figures.fill_rate, {"booked": 4, "places": 0}),
        (figures.attendance_rate, {"attended": 0, "missed": 0}),
        (figures.did_not_attend_rate, {"attended": 0, "missed": 0}),
        (figures.late_cancellation_rate, {"late": 0, "booked": 0}),
        (figures.event_cancellation_rate, {"cancelled": 0, "delivered": 0}),
        (figures.reach, {"people": 9, "headcount": None}),
        (figures.change, {"total_before": 0, "total_after": 0, "pairs": 0}),
    ],
)
def test_nothing_to_divide_by_gives_no_figure(formula, counts):
    assert formula(**counts) is None


@pytest.mark.parametrize(
    ("before", "after", "pairs", "printed"),
    [(56, 81, 10, "2.5"), (20, 20, 4, "0.0"), (30, 27, 7, "-0.4"), (50, 51, 20, "0.1")],
)
def test_change_is_the_difference_of_exact_means(before, after, pairs, printed):
    moved = figures.change(total_before=before, total_after=after, pairs=pairs)
    assert figures.to_one_place(moved) == Decimal(printed)


@pytest.mark.parametrize(
    ("before", "after", "later", "triples", "printed"),
    [
        (56, 81, 77, 10, "84.0"),  # 2.1 of 2.5 points kept
        (56, 81, 77, 9, None),  # fewer than ten people
        (50, 54, 54, 10, None),  # a gain of 0.4: hardly a gain to keep
        (50, 55, 60, 10, "200.0"),  # exactly half a point, and it grew
        (56, 81, 50, 10, "-24.0"),  # below where they began
    ],
)
def test_kept_is_shown_only_with_enough_people_and_gain(before, after, later, triples, printed):
    kept = figures.kept(total_before=before, total_after=after, total_later=later, triples=triples)
    assert (kept and kept.tenth) == (printed and Decimal(printed))


def test_points_come_from_the_exact_rates():
    # Printed as 93% and 92%, but not a whole point apart.
    assert figures.points(figures.rate(926, 1000), figures.rate(924, 1000)) == Decimal("0.2")
    assert figures.points(figures.rate(1, 2), None) is None


def test_every_definition_has_a_name_and_words():
    codes = [code for code, _, _ in figures.DEFINITIONS]
    assert len(codes) == len(set(codes))
    assert all(name and words for _, name, words in figures.DEFINITIONS)
