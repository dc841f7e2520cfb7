"""`python -m benchmarks.picture FIGURES.json [PICTURE.svg]`: draw an assign's time against the backlog.

The colours are in the middle between black and white, so that the picture reads on light pages and on dark ones.
"""

import json
import re
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

PICTURE = Path(__file__).with_name("assign.svg")
COLOURS = {"PostgreSQL": "#3b82c4", "SQLite": "#d9822b"}
GREY = "#808080"
STYLE: dict[Any, Any] = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 11,
    "savefig.transparent": True,
    "svg.fonttype": "none",  # text stays text, in the reader's own font
    "svg.hashsalt": "assign",  # the same figures make the same file
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
}

OURS = "assign over HTTP"
THE_OLD_WAY = "the old way, its reading and choosing alone"

Line = dict[int, float]
"""Milliseconds by open orders."""


def main(figures: str, picture: str = str(PICTURE)) -> None:
    with mpl.rc_context(STYLE):
        drawn = draw(lines_of(json.loads(Path(figures).read_text())["figures"]))
        drawn.savefig(picture, metadata={"Date": None})


def lines_of(figures: list[dict[str, Any]]) -> dict[tuple[str, str], Line]:
    """The lines by store and by what they show."""
    found: dict[tuple[str, str], Line] = defaultdict(dict)
    for figure in figures:
        if backlog := re.fullmatch(r"uniform, ([\d,]+) open", figure["name"]):
            size = int(backlog[1].replace(",", ""))
            found[figure["store"], OURS][size] = figure["median"]
            for limit in figure["limits"]:
                if limit["name"] == "the old way":
                    found[figure["store"], THE_OLD_WAY][size] = statistics.median(limit["values"])
    return found


def draw(lines: dict[tuple[str, str], Line]) -> Figure:
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for (store, name), line in lines.items():
        sizes = sorted(line)
        times = [line[size] for size in sizes]
        style = "o-" if name == OURS else "o--"
        axes.plot(sizes, times, style, color=COLOURS.get(store, GREY), linewidth=2, label=f"{name}, {store}")
    axes.set(xscale="log", yscale="log", xlabel="open orders", ylabel="milliseconds, median")
    axes.set_ylim(bottom=1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(color=GREY, alpha=0.25)
    axes.legend(frameon=False)
    return figure


if __name__ == "__main__":
    main(*sys.argv[1:])
