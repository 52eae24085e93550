"""Charts are plain drawings: nothing in them runs, is styled, or is fetched, whatever a course is called."""

import re
from xml.etree import ElementTree

import pytest

from evaluation import charts

NASTY = '<script>alert(1)</script> & "Ł\'ẹ" https://example.org/x.png'
ROWS = [
    {"name": NASTY, "value": 40, "words": "40%", "series": NASTY},
    {"name": "b", "value": 7, "words": "7%", "series": "b"},
]


def test_charts_hold_nothing_but_shapes_and_words():
    svgs = charts.drawn(
        [
            charts.bars(ROWS, title=NASTY),
            charts.grouped_bars(ROWS, series=[NASTY, "b"], title="per cent", most=100),
            charts.lines(ROWS, series=[NASTY, "b"], title="per cent"),
            charts.squares([{**row, "column": row["name"]} for row in ROWS], columns=[NASTY, "b"]),
            charts.before_and_after(
                [{"name": NASTY, "before": 5.6, "after": 8.1}, {"name": "b", "before": 5, "after": 8, "later": 7}],
                title="from 1 to 10",
            ),
        ]
    )
    assert len(svgs) == 5
    for svg in svgs:
        tree = ElementTree.fromstring(svg)
        tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert tags <= {"svg", "g", "path", "rect", "line", "text", "defs", "clipPath", "tspan"}
        assert not re.search(r"<script|<style|style=|href|role=|aria-|\son\w+=", svg.replace("https://example.org", ""))
        assert "NaN" not in svg


def test_bars_follow_the_order_given():
    rows = [
        {"name": name, "value": number, "words": f"{number}"}
        for name, number in (("zebra", 1), ("ant", 9), ("mole", 4))
    ]
    [svg] = charts.drawn([charts.bars(rows, title="n")])
    assert re.findall(r">(zebra|ant|mole)<", svg) == ["zebra", "ant", "mole"]


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(RuntimeError, match="could not be drawn"):
        charts.drawn([{"mark": "nonsense"}])


def test_nothing_to_draw_starts_nothing():
    assert charts.drawn([]) == []
