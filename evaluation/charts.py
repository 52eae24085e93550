"""Charts: rows in, SVG out, drawn by Vega-Lite on the server. The SVG holds no script, no style and no outside address.

The library takes a second for its first chart, so charts are drawn by the worker and stored with the figures.
Each says nothing that its table does not: it comes with that table and a sentence.
"""

import functools
import re
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


def bars(rows: Rows, *, title: str, most: float | None = None) -> str:
    """Draw one bar a row: {"name", "value", "words"}, in the order given."""
    return _svg(
        {
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
    )


def grouped_bars(rows: Rows, *, series: list[str], title: str, most: float | None = None) -> str:
    """Draw a bar for each series in each row: {"name", "series", "value", "words"}."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    return _svg(
        {
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
    )


def before_and_after(rows: Rows, *, title: str) -> str:
    """Draw two dots on a line from 1 to 10: {"name", "before", "after"}."""
    scale = {"type": "quantitative", "scale": {"domain": [1, 10]}}
    axis = {"title": title, "values": list(range(1, 11))}
    return _svg(
        {
            **_frame(rows, step=46),
            "encoding": {"y": _names(rows)},
            "layer": [
                {
                    "mark": {"type": "rule", "color": MUTED, "strokeWidth": 3},
                    "encoding": {"x": {"field": "before", **scale, "axis": axis}, "x2": {"field": "after"}},
                },
                _dots("before", scale, axis, "white"),
                _dots("after", scale, axis, COLOURS[0]),
                _dot_words("before", scale, axis),
                _dot_words("after", scale, axis),
            ],
        }
    )


def _dots(field: str, scale: dict, axis: dict, fill: str) -> dict[str, Any]:
    mark = {"type": "point", "filled": True, "size": 150, "stroke": COLOURS[0], "strokeWidth": 2.5, "opacity": 1}
    return {"mark": {**mark, "fill": fill}, "encoding": {"x": {"field": field, **scale, "axis": axis}}}


def _dot_words(field: str, scale: dict, axis: dict) -> dict[str, Any]:
    return {
        "mark": {"type": "text", "dy": -15, "fontSize": 13},
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


def _svg(spec: dict[str, Any]) -> str:
    schema = "https://vega.github.io/schema/vega-lite/v5.json"
    svg = _library().vegalite_to_svg({"$schema": schema, "config": CONFIG, **spec}, allowed_base_urls=[])
    return TAG.sub(lambda tag: ROLES.sub("", tag[0]).replace(f'"{MEASURED_IN}"', f'"{FONT}"'), svg)


@functools.cache
def _library() -> Any:
    """Return the library, loaded by the first chart of a process: web processes do without."""
    import vl_convert

    return vl_convert
