# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Draws every row's times as an SVG picture: engines side by side, as multiples of the fastest peer."""

import html
import math

COLOURS = {
    "apus": "#d6262b", "onnxruntime": "#2b6cb0", "openvino": "#7b3fa0", "mnn": "#2f855a", "ncnn": "#b7791f",
    "tract": "#718096", "litert": "#0891b2"}
ROW, LABEL, PANEL, GAP, TOP = 19, 210, 330, 36, 92
LEAST, MOST = 0.25, 4.0
TICKS = [0.25, 0.5, 1, 2, 4]


def place(ratio):
    """How far right a ratio stands in its panel."""
    ratio = min(max(ratio, LEAST), MOST)
    return PANEL * math.log(ratio / LEAST) / math.log(MOST / LEAST)


def text(x, y, words, size=11, anchor="start", colour="#1a202c", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}">{html.escape(words)}</text>')


def line(x1, y1, x2, y2, colour, width=1.0):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"/>')


def dot(x, y, engine, note):
    shape = (f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" rx="1.5" '
             if engine == "apus" else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" ')
    return f'{shape}fill="{COLOURS[engine]}" fill-opacity="0.88"><title>{html.escape(note)}</title>' + (
        "</rect>" if engine == "apus" else "</circle>")


def legend(engines):
    """Names and colours of the engines, and the mark of the limit."""
    parts, x = [], LABEL
    for name, title in engines:
        parts += [dot(x, 48, name, title), text(x + 9, 52, title)]
        x += 26 + 6.6 * len(title)
    parts += [line(x, 42, x, 54, "#1a202c", 2), text(x + 7, 52, "limit of the machine")]
    return parts


def panel(left, title, height):
    """A panel's frame, its scale and its title."""
    parts = [text(left + PANEL / 2, TOP - 24, title, 12, "middle", weight="bold")]
    for tick in TICKS:
        x = left + place(tick)
        parts.append(line(x, TOP - 4, x, height, "#4a5568" if tick == 1 else "#e2e8f0", 1.4 if tick == 1 else 1))
        parts.append(text(x, TOP - 9, f"{tick:g}x", 10, "middle", "#4a5568"))
    return parts


def draw(title, engines, sections, panels):
    """The picture.

    A section is a title and rows; a row is a title and, for each panel, its marks: engine, ratio and note, where the
    limit's engine is None.
    """
    count = sum(1 + len(rows) for _, rows in sections)
    height, width = TOP + count * ROW + 14, LABEL + len(panels) * (PANEL + GAP)
    parts = [text(14, 24, title, 15, weight="bold"), *legend(engines)]
    lefts = [LABEL + index * (PANEL + GAP) for index in range(len(panels))]
    for left, name in zip(lefts, panels):
        parts += panel(left, name, height - 10)
    y = TOP + ROW / 2
    for name, rows in sections:
        parts.append(text(14, y + 4, name, 12, weight="bold"))
        y += ROW
        for label, marks in rows:
            parts.append(text(LABEL - 16, y + 4, label, 11, "end"))
            for left, found in zip(lefts, marks):
                parts.append(line(left, y, left + PANEL, y, "#edf2f7"))
                # Apus is drawn last, over the others.
                for engine, ratio, note in sorted(found, key=lambda mark: mark[0] == "apus"):
                    x = left + place(ratio)
                    parts.append(dot(x, y, engine, note) if engine else line(x, y - 7, x, y + 7, "#1a202c", 2))
            y += ROW
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="system-ui, sans-serif">\n'
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n")
