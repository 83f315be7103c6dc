"""The table and the plot, made from results.json."""

import statistics
from html import escape
from typing import Any

Document = dict[str, Any]
_ROW, _LEFT, _WIDTH, _TOP = 26, 300, 560, 58
_OURS, _PEER, _BASE, _LIMIT = "#2563a8", "#b0b7c0", "#6b7280", "#c2410c"


def ratio(case: Document, empty: Document, name: str) -> float:
    """The median of a figure over that of the empty handler."""
    return float(statistics.median(case[name]) / statistics.median(empty[name]))


def over_the_limit(document: Document) -> list[str]:
    """The cases that execute more instructions than they may."""
    empty = document["cases"][0]
    return [
        f"{case['name']} {ratio(case, empty, 'instructions'):.2f} > {case['limit']}"
        for case in document["cases"]
        if case["limit"] and case["instructions"]
        and ratio(case, empty, "instructions") > case["limit"]
    ]  # fmt: skip


def table(document: Document) -> str:
    """Every case as a Markdown table: medians, and the spread of all runs in brackets."""
    empty = document["cases"][0]
    counts = len(empty["instructions"])
    lines = [
        "| case | × instructions | × CPU | init ms | first response ms | warm p50 ms | "
        "× warm p50 | warm p99 ms | peak MB | zip kB | files |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for case in document["cases"]:
        limit = f" (limit {case['limit']:g})" if case["limit"] else ""
        counted = f"**{ratio(case, empty, 'instructions'):.2f}**" if counts else "not counted"
        cells = [
            case["label"],
            counted + limit,
            f"{ratio(case, empty, 'cpu_ms'):.1f}",
            *(_spread(case[name]) for name in ("init_ms", "first_ms", "warm_p50_ms")),
            f"{ratio(case, empty, 'warm_p50_ms'):.1f}",
            _spread(case["warm_p99_ms"]),
            f"{max(case['memory_mb']):.0f}",
            f"{case['zip_bytes'] / 1000:,.0f}",
            str(case["files"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    machine = document["machine"]
    runs = len(empty["first_ms"])
    lines += ["", f"Medians of {runs} runs, with the smallest and the largest in brackets. "
              f"Python {document['python']} on {machine['processor']}, {document['roots']} trusted "
              "roots unless the package has its own."]  # fmt: skip
    if counts:
        worst = max(
            max(case["instructions"]) / min(case["instructions"]) for case in document["cases"]
        )
        base = statistics.median(empty["instructions"]) / 1e6
        lines[-1] += (
            f" Instructions: {counts} counts of each with valgrind {machine['valgrind']}, which "
            f"differ by {(worst - 1) * 100:.2f} % at most; the empty handler executes {base:.0f} "
            "million."
        )
    return "\n".join(lines) + "\n"


def plot(document: Document) -> str:
    """Horizontal bars, one for each case, with a line at each limit."""
    cases = document["cases"]
    empty = cases[0]
    ratios = [ratio(case, empty, "instructions") for case in cases]
    scale = _WIDTH / max(ratios)
    height = _TOP + _ROW * len(cases) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 60} {height}" '
        'font-family="system-ui, sans-serif" font-size="13" role="img">',
        "<title>Instructions from process start to first response, in empty handlers</title>",
        f'<rect width="{_LEFT + _WIDTH + 60}" height="{height}" fill="#ffffff"/>',
        '<text x="12" y="22" font-size="15" font-weight="600" fill="#111827">'
        "Instructions from process start to first response, in empty handlers</text>",
        _legend(),
    ]
    for index, (case, value) in enumerate(zip(cases, ratios, strict=True)):
        y, width = _TOP + index * _ROW, value * scale
        colour = _PEER if case["peer"] else _OURS if index else _BASE
        parts += [
            f'<text x="{_LEFT - 8}" y="{y + 15}" text-anchor="end" fill="#111827">'
            f"{escape(case['label'])}</text>",
            f'<rect x="{_LEFT}" y="{y + 3}" width="{width:.1f}" height="16" fill="{colour}"/>',
            f'<text x="{_LEFT + width + 6:.1f}" y="{y + 15}" fill="#111827">{value:.1f}</text>',
        ]
        if case["limit"]:
            x = _LEFT + case["limit"] * scale
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 22}" stroke="{_LIMIT}" '
                'stroke-width="2"/>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend() -> str:
    entries = [(_OURS, "generated service"), (_PEER, "written another way"), (_LIMIT, "limit")]
    parts = []
    for index, (colour, label) in enumerate(entries):
        x = _LEFT + index * 160
        parts.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="45" fill="#374151">{label}</text>')
    return "\n".join(parts)


def _spread(values: list[float]) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    digits = 2 if middle < 10 else 0
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"
