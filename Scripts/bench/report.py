# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Writes the benchmark page and its picture from the measurements."""

import machine
import rows
import svg
from results import TIE, Results, mean

KINDS = {
    "fp32": "32-bit floats", "bf16": "bf16 products", "int8": "8-bit integers", "call": "The cost of a call"}
ALL = [rows.APUS, *rows.PEERS]


def milliseconds(value):
    """Three digits of a time."""
    if value is None:
        return "-"
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def share(value):
    return "-" if value is None else f"{value:.2f}"


def table(head, body):
    """A table in Markdown, all but its first column to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(line) + " |" for line in body]) + "\n"


def plural(count, noun):
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def opening_lines(results):
    """What came out, in a few sentences."""
    parts = []
    for kind in ("fp32", "int8", "bf16"):
        verdicts = results.verdicts([kind])
        count = sum(map(len, verdicts.values()))
        if not count:
            continue
        means = [f"{mean(found):.2f} with {plural(threads, 'thread')}" for threads in results.threads
                 if (found := results.ratios(kind, threads))]
        parts.append(
            f"- **{KINDS[kind]}**: against the fastest peer of each row, Apus is ahead in {len(verdicts['ahead'])} of "
            f"{plural(count, 'row')}, within {TIE:.0%} of it in {len(verdicts['tied'])}, behind in "
            f"{len(verdicts['behind'])}. Geometric mean of its time as a share of that peer's: {', '.join(means)}.")
    if not machine.computes_bf16(results.machine):
        parts.append("- **bf16 products**: not on this machine, whose processor has no bf16 arithmetic.")
    return "\n".join(parts)


def verdict_lines(results):
    """The rows that Apus loses and ties, worst first."""
    verdicts = results.verdicts(["fp32", "int8", "bf16"])
    lines = []
    for name, title in [("behind", "Behind the fastest peer"), ("tied", "Ties")]:
        found = sorted(verdicts[name], key=lambda each: -each[2])
        listed = "; ".join(
            f"{row.title} ({row.kind}, {plural(threads, 'thread')}) {ratio:.2f}" for row, threads, ratio in found)
        lines.append(f"**{title}**: {listed or 'none'}.\n")
    return "\n".join(lines)


def cell_text(results, row, threads, engine):
    """A time, and for a peer what share of it Apus takes."""
    cell = results.cell(row, threads, engine.name)
    if "median" not in cell:
        return "-"
    time = milliseconds(cell["median"])
    if cell.get("wrong"):
        return f"~~{time}~~"
    ratio = None if engine is rows.APUS else results.ratio(row, threads, engine.name)
    return f"**{time}**" if engine is rows.APUS else time + (f" ({ratio:.2f})" if ratio else "")


def latency_table(results, kind, threads):
    """Every row of a kind: the limit, every engine, and the ratios."""
    engines = [rows.APUS] + [each for each in rows.PEERS if any(
        "median" in results.cell(row, threads, each.name) for row in results.measured(kind, threads))]
    body = []
    for row in results.measured(kind, threads):
        limit, own = results.limit(row, threads), results.time(row, threads, "apus")
        _, best = results.best_peer(row, threads)
        body.append(
            [row.title, milliseconds(limit)] + [cell_text(results, row, threads, each) for each in engines] +
            [best.title if best else "-", share(results.ratio(row, threads)),
             share(own / limit if own and limit else None)])
    means = [share(mean(results.ratios(kind, threads, each.name))) for each in engines[1:]]
    if len(body) > 1:
        body.append(["geometric mean", "", "", *means, "", share(mean(results.ratios(kind, threads))), ""])
    head = ["ms", "limit", *(each.title for each in engines), "fastest peer", "Apus / fastest", "Apus / limit"]
    return table(head, body)


def latency(results):
    """The tables of times."""
    parts = []
    for kind, title in KINDS.items():
        for threads in results.threads:
            if results.measured(kind, threads):
                parts.append(f"### {title}, {plural(threads, 'thread')}\n\n" + latency_table(results, kind, threads))
    return "\n".join(parts)


def scaling(results):
    """What the second thread gives, where one thread takes long enough to tell."""
    if len(results.threads) < 2:
        return ""
    one, more = results.threads[0], results.threads[-1]
    body = []
    for row in rows.ROWS:
        line = []
        for engine in ALL:
            before, after = (results.time(row, count, engine.name) for count in (one, more))
            line.append(share(before / after if before and after else None))
        if line[0] != "-" and results.time(row, one, "apus") >= 5:
            body.append([f"{row.title} ({row.kind})", *line])
    if not body:
        return ""
    return (f"## {more} threads over {one}\n\n"
            f"How many times faster {more} threads are than {one}, for rows over 5 ms.\n"
            f"Both were measured minutes apart: where the machine changed its pace between, all engines of a row are "
            f"moved alike, even beyond {more / one:g}.\n\n" + table(["row", *(each.title for each in ALL)], body))


def steadiness(results):
    """The slowest run in a hundred beside the usual one."""
    parts = []
    for threads in results.threads:
        body = []
        for row in rows.ROWS:
            cells = [results.cell(row, threads, each.name) for each in ALL]
            if "median" in cells[0]:
                body.append([f"{row.title} ({row.kind})", *(
                    share(cell["p99"] / cell["median"]) if "median" in cell else "-" for cell in cells)])
        if body:
            parts.append(f"### {plural(threads, 'thread')}\n\n" + table(["row", *(each.title for each in ALL)], body))
    return ("## Steadiness\n\nThe slowest run in a hundred (the slowest of all, where there are fewer) as a multiple "
            "of the median.\nThe system and its other work are in these numbers too.\n\n" + "\n".join(parts))


def openings(results):
    """Load times and memory of fresh processes."""
    data = results.data["openings"]
    if not data:
        return ""
    engines = [each for each in ALL if any(each.name in found for found in data.values())]
    names = {row.key: f"{row.title} ({row.kind})" for row in rows.ROWS}

    def columns(value, extra=()):
        head = ["model", *(each.title for each in engines), *(title for title, _ in extra)]
        body = []
        for key, found in data.items():
            line = [f"{value(found[each.name]):.0f}" if each.name in found else "-" for each in engines]
            line += [f"{found[name]['start_ms']:.0f}" if (name := which) in found else "-" for _, which in extra]
            body.append([names[key], *line])
        return table(head, body)

    return "\n".join([
        "## Opening a model\n",
        "Load and first run in a fresh process with the files in memory, in ms; an engine's import is not counted. "
        "MNN, ncnn and LiteRT read files that were converted before. The last columns are whole processes of Apus, "
        "from their start to the first result, with the ONNX file and with a plan that `apus build` made of it.\n",
        columns(lambda each: each["load_ms"] + each["first_ms"],
                [("Apus, process, ONNX", "apus"), ("Apus, process, plan", "apus-plan")]),
        "Peak memory of such a process in MiB, less what it has once the engine is imported.\n",
        columns(lambda each: each["rss"] - each["import_rss"]),
        "The whole process, Python and numpy included where the engine is called from there.\n",
        columns(lambda each: each["rss"])])


def method(results):
    """The machine, the versions and how the figures came about."""
    found, data = results.machine, results.data
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    names = {"fp32_gflops": "32-bit multiply-adds, GFLOP/s", "bf16_gflops": "bf16 multiply-adds, GFLOP/s",
             "int8_gops": "8-bit multiply-adds, Gop/s", "l2_gbs": "reading 0.5 MiB a thread, GB/s",
             "l3_gbs": "reading 8 MiB a thread, GB/s", "memory_gbs": "reading 512 MiB a thread, GB/s"}
    counts = sorted(data["peaks"], key=int)
    body = [[title, *(f"{data['peaks'][count][key]:.1f}" if data["peaks"][count][key] else "none" for count in counts)]
            for key, title in names.items()]
    builds = {entry["build"] for entry in data["rows"].values()}
    mixed = f" The rows come from {len(builds)} different builds of Apus." if len(builds) > 1 else ""
    settings = sorted({(entry["rounds"], entry["seconds"]) for entry in data["rows"].values()})
    lengths = " or ".join(f"{rounds} rounds of {seconds:g} s" for rounds, seconds in settings)
    busy = max((entry["others"] for entry in data["rows"].values()), default=0)
    return f"""## How it was measured

{data["date"]}, {found["processor"]}, {plural(found["cores"], "core")}, {found["memory_gib"]} GiB, {found["system"]}
({", ".join(found["instructions"])}). Apus {data["revision"]}.{mixed}
{versions}.

- The models are known architectures with made-up weights, written by `Scripts/bench/models` from fixed seeds; every
  engine gets the same file, or what its own converter makes of it, and the same inputs.
- Every engine is a process of its own. In a row all are alive and take turns, {lengths} each; medians over
  all runs are given. A turn in which others took over 6 % of the processor is repeated, at most twice; in the most
  disturbed row others took {busy:.0%} on average.
- Peers are called from Python, with all their optimizations on, in 32 bits where not said otherwise (OpenVINO left
  alone would compute in bf16 where the processor can), and tract on one thread, as its Python binding has no more.
- Outputs are compared with ONNX Runtime's. A time struck out belongs to outputs that differ by more than 1 % of the
  largest number (10 % in 8 bits and bf16, where rounding differs between engines); it counts nowhere.
- Rows within {TIE:.0%} of each other are called ties: the same row moves by as much between two passes.
- **Limit**: every multiplication of the plain algorithm at the machine's measured peak, or every weight read once at
  its measured speed, whichever is longer. Winograd's algorithm multiplies less and may come below it.

{table(["measured peak", *(plural(int(count), "thread") for count in counts)], body)}"""


def absences(results):
    """Who does not take part where, and why."""
    reasons = {}
    for row in rows.ROWS:
        for threads in results.threads:
            for name, cell in (results.entry(row, threads) or {"cells": {}})["cells"].items():
                why = cell.get("reason") or ("wrong outputs" if cell.get("wrong") else None)
                if why:
                    reasons.setdefault((name, why), {})[f"{row.title} ({row.kind})"] = None
    titles = {each.name: each.title for each in ALL}
    lines = [f"- {titles[name]}: {', '.join(found)}: {why.removesuffix('.')}." for (name, why), found in sorted(
        reasons.items())]
    return "## Left out\n\n" + ("\n".join(lines) or "Nobody.") + "\n"


def picture(results):
    """The picture of all rows."""
    sections = []
    for kind in ("fp32", "int8", "bf16"):
        lines = []
        for row in (each for each in rows.ROWS if each.kind == kind):
            marks = [row_marks(results, row, threads) for threads in results.threads]
            if any(marks):
                lines.append((row.title, marks))
        if lines:
            sections.append((KINDS[kind], lines))
    title = "Time of one run as a multiple of the fastest peer's (left is faster)"
    panels = [plural(threads, "thread") for threads in results.threads]
    return svg.draw(title, [(each.name, each.title) for each in ALL], sections, panels)


def row_marks(results, row, threads):
    """The engines' times and the limit, as multiples of the fastest peer's time."""
    best, _ = results.best_peer(row, threads)
    marks = []
    for engine in ALL if best else []:
        time = results.time(row, threads, engine.name)
        if time:
            marks.append((engine.name, time / best, f"{engine.title}: {milliseconds(time)} ms"))
    limit = results.limit(row, threads)
    if marks and limit:
        marks.insert(0, (None, limit / best, ""))
    return marks


def write(data, page):
    """Writes the page and the picture beside it."""
    results = Results(data)
    drawing = page.with_suffix(".svg")
    drawing.write_text(picture(results))
    page.write_text(f"""# Benchmarks

How long one run of a model takes in Apus and in other engines, on one machine, side by side. `make bench` measures it
anew on yours and writes this page.

{opening_lines(results)}

![Every row against every peer and the limit]({drawing.name})

A number below 1 means Apus is faster. In the tables below, the number behind a peer's time is the time of Apus as a
share of it.

{verdict_lines(results)}
## Time of one run

{latency(results)}
{scaling(results)}
{steadiness(results)}
{openings(results)}
{method(results)}
{absences(results)}
## Measuring it yourself

```sh
make bench                                      # everything; goes on where it was stopped
make bench ROWS="resnet50 int8 bert_base" THREADS=1
make bench ROWS=mlp FRESH=1 ROUNDS=9            # again, and longer
make bench PAGE=1                               # only the page, from the measurements there are
```

It builds Apus, installs the peers from PyPI into `.cache/bench` (Python 3.11 or newer), and keeps the measurements in
`.cache/bench/results.json`. Kernels and single operators have [benchmarks of their own](../Benchmarks/README.md).
""")
