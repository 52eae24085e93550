"""Charts: rows in, SVG out, drawn by Vega-Lite on the server. The SVG holds no script, no style and no outside address.

`bars` and its like say what is to be drawn, `drawn` draws it. The library brings a JavaScript engine that takes a
second to start and keeps 90 MB for ever, so all charts of a report are drawn at once, by the worker, in a process of
their own that ends with it. They are stored with the figures. Each says nothing that its table does not: it comes
with that table and a sentence.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

# Words are measured in a font that is a little wider than ours and that the library has.
MEASURED_IN = "sans-serif"
FONT = "Source Sans 3, Arial, sans-serif"
INK, MUTED, LINE = "#1b2230", "#4d5566", "#dcd5c6"
# The portal's primary colour and two companions that differ from it, and from each other, in lightness too.
COLOURS = ("#0b5563", "#7fb3b9", "#c9a227")
WIDTH = 430
LABEL_WIDTH = 330
ROW_HEIGHT = 30
Rows = list[dict[str, Any]]
Chart = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
ROOT = Path(__file__).parent.parent
# Half a dozen charts take two seconds; more than this means that something is wrong.
SECONDS_TO_DRAW = 60
# The page says what the picture is; roles of its single shapes, which have no names, would only be noise.
TAG, ROLES = re.compile(r"<[^>]+>"), re.compile(r' (role|aria-[a-z]+)="[^"]*"')

CONFIG = {
    "font": MEASURED_IN,
    "background": None,
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": MUTED,
        "labelFontSize": 14,
        "titleFontSize": 14,
        "titleFontWeight": "normal",
        "labelLimit": LABEL_WIDTH,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
    },
    "legend": {"labelColor": INK, "labelFontSize": 14, "title": None, "orient": "top", "symbolType": "square"},
    "text": {"color": INK, "fontSize": 14},
}


def bars(rows: Rows, *, title: str, most: float | None = None) -> Chart:
    """Draw one bar a row: {"name", "value", "words"}, in the order given."""
    return {
        **_frame(rows),
        "encoding": {"y": _names(rows), "x": _numbers(title, most)},
        "layer": [
            {"mark": {"type": "bar", "color": COLOURS[0], "cornerRadiusEnd": 2}},
            {
                "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": {"text": {"field": "words", "type": "nominal"}},
            },
        ],
    }


def grouped_bars(rows: Rows, *, series: list[str], title: str, most: float | None = None) -> Chart:
    """Draw a bar for each series in each row: {"name", "series", "value", "words"}."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    return {
        "data": {"values": rows},
        "width": WIDTH,
        "height": {"step": 20},
        "encoding": {
            "y": {**_names(rows), "sort": names, "scale": {"paddingInner": 0.3}},
            "yOffset": {"field": "series", "type": "nominal", "sort": series, "scale": {"paddingInner": 0.08}},
            "x": _numbers(title, most),
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {
                    "color": {
                        "field": "series",
                        "type": "nominal",
                        "scale": {"domain": series, "range": list(COLOURS[: len(series)])},
                        "legend": {"symbolSize": 140, "labelLimit": 400},
                    }
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13},
                "encoding": {"text": {"field": "words", "type": "nominal"}},
            },
        ],
    }


def lines(rows: Rows, *, series: list[str], title: str) -> Chart:
    """Draw a line of dots for each series, from left to right: {"name", "series", "value"}."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    look = {"field": "series", "type": "nominal", "legend": {"symbolSize": 140, "labelLimit": 400}}
    return {
        "data": {"values": rows},
        "width": WIDTH + LABEL_WIDTH,
        "height": 260,
        "encoding": {
            "x": {"field": "name", "type": "ordinal", "sort": names, "axis": {"title": None, "labelAngle": 0}},
            "y": {**_numbers(title, None), "scale": {"zero": False, "nice": True}},
            "color": {**look, "scale": {"domain": series, "range": list(COLOURS[: len(series)])}},
            "shape": {**look, "scale": {"domain": series}},
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 3}},
            {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1}},
        ],
    }


def squares(rows: Rows, *, columns: list[str]) -> Chart:
    """Draw a field for each row and column, the darker the more: {"name", "column", "value", "words"}.

    Where there is no value there are words alone.
    """
    names = list(dict.fromkeys(row["name"] for row in rows))
    most = max((row["value"] or 0 for row in rows), default=0)
    dark = f"datum.value > {0.55 * most}"
    return {
        "data": {"values": rows},
        "width": {"step": 62},
        "height": {"step": 30},
        "encoding": {
            "x": {
                "field": "column",
                "type": "nominal",
                "sort": columns,
                "axis": {"title": None, "orient": "top", "labelAngle": -30, "domain": False, "ticks": False},
            },
            "y": {**_names(rows), "sort": names},
        },
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 2},
                "transform": [{"filter": "isValid(datum.value)"}],
                "encoding": {
                    "color": {
                        "field": "value",
                        "type": "quantitative",
                        "scale": {"domain": [0, most], "range": ["#f2f6f6", COLOURS[0]]},
                        "legend": None,
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": 13},
                "encoding": {
                    "text": {"field": "words", "type": "nominal"},
                    "color": {"condition": {"test": dark, "value": "white"}, "value": INK},
                },
            },
        ],
    }


def before_and_after(rows: Rows, *, title: str) -> Chart:
    """Draw dots on a line from 1 to 10: {"name", "before", "after", "later"}; "later" may be missing."""
    scale = {"type": "quantitative", "scale": {"domain": [1, 10]}}
    axis = {"title": title, "values": list(range(1, 11))}
    return {
        **_frame(rows, step=46),
        "encoding": {"y": _names(rows)},
        "layer": [
            {
                "mark": {"type": "rule", "color": MUTED, "strokeWidth": 3},
                "encoding": {"x": {"field": "before", **scale, "axis": axis}, "x2": {"field": "after"}},
            },
            _dots("before", scale, axis, "white"),
            _dots("after", scale, axis, COLOURS[0]),
            {"transform": [{"filter": "isValid(datum.later)"}], **_dots("later", scale, axis, COLOURS[2])},
            _dot_words("before", scale, axis),
            _dot_words("after", scale, axis),
            {"transform": [{"filter": "isValid(datum.later)"}], **_dot_words("later", scale, axis, below=True)},
        ],
    }


def _dots(field: str, scale: dict, axis: dict, fill: str) -> dict[str, Any]:
    mark = {"type": "point", "filled": True, "size": 150, "stroke": COLOURS[0], "strokeWidth": 2.5, "opacity": 1}
    return {"mark": {**mark, "fill": fill}, "encoding": {"x": {"field": field, **scale, "axis": axis}}}


def _dot_words(field: str, scale: dict, axis: dict, *, below: bool = False) -> dict[str, Any]:
    return {
        "mark": {"type": "text", "dy": 17 if below else -15, "fontSize": 13},
        "encoding": {
            "x": {"field": field, **scale, "axis": axis},
            "text": {"field": field, "type": "quantitative", "format": ".1f"},
        },
    }


def _frame(rows: Rows, step: int = ROW_HEIGHT) -> dict[str, Any]:
    return {"data": {"values": rows}, "width": WIDTH, "height": {"step": step}}


def _names(rows: Rows) -> dict[str, Any]:
    return {
        "field": "name",
        "type": "nominal",
        "sort": list(dict.fromkeys(row["name"] for row in rows)),
        "axis": {"title": None, "domain": False, "ticks": False, "labelPadding": 10, "labelLimit": LABEL_WIDTH},
    }


def _numbers(title: str, most: float | None) -> dict[str, Any]:
    scale = {"domain": [0, most], "clamp": True} if most else {"zero": True}
    return {
        "field": "value",
        "type": "quantitative",
        "scale": scale,
        "axis": {"title": title, "tickCount": 5, "domain": False, "ticks": False},
    }


def drawn(charts: list[Chart]) -> list[str]:
    """Return each chart as SVG."""
    if not charts:
        return []
    specs = [{"$schema": SCHEMA, "config": CONFIG, **chart} for chart in charts]
    drawing = subprocess.run(
        [sys.executable, "-m", "evaluation.charts"],
        cwd=ROOT,
        input=json.dumps(specs),
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_DRAW,
    )
    if drawing.returncode:
        raise RuntimeError(f"The charts could not be drawn: {drawing.stderr[-2000:]}")
    return [_plain(svg) for svg in json.loads(drawing.stdout)]


def _plain(svg: str) -> str:
    return TAG.sub(lambda tag: ROLES.sub("", tag[0]).replace(f'"{MEASURED_IN}"', f'"{FONT}"'), svg)


def _draw() -> None:
    """What the process of its own does: charts in, pictures out, as JSON."""
    import vl_convert  # nowhere else: it starts the engine

    specs = json.load(sys.stdin)
    json.dump([vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]) for spec in specs], sys.stdout)


if __name__ == "__main__":
    _draw()
