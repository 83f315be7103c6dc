"""The table and the plot, made from results.json."""

import statistics
from collections.abc import Callable
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


def tables(document: Document) -> str:
    """Every case as Markdown: medians, and the spread of all runs in brackets."""
    counts = len(document["cases"][0]["instructions"])
    cold = ["× instructions", "× CPU", "init ms", "first response ms", "zip kB", "files"]
    warm = ["× instructions", "× p50", "p50 ms", "p99 ms", "peak MB"]
    parts = [
        *_table("from start to first response", cold, document, _cold),
        "",
        *_table(f"one of {document['warm_requests']} warm requests", warm, document, _warm),
        "",
        _runs(document),
    ]
    if counts:
        parts[-1] += " " + _counts(document)
    return "\n".join(parts) + "\n"


def levers(document: Document) -> str:
    """What each choice gave, as far as a case was measured with and without it."""
    by_name = {case["name"]: case for case in document["cases"]}
    empty = document["cases"][0]

    def shown(name: str) -> str:
        return f"{ratio(by_name[name], empty, 'instructions'):.1f}"

    rows = [
        (
            "a client of our own for five AWS services in place of boto3, with the system's roots",
            "api-boto3", "api-system-roots",
        ),
        (
            f"only Amazon's root certificates in place of the system's {document['roots'] - 1}",
            "api-system-roots", "api-stored",
        ),
        ("bytecode in the package (Powertools + pydantic + boto3)", "naive-no-bytecode", "naive"),
    ]  # fmt: skip
    lines = ["| lever | before | after |", "|---|--:|--:|"]
    lines += [f"| {what} | {shown(before)} | {shown(after)} |" for what, before, after in rows]
    return "\n".join(lines) + "\n"


def filled(text: str, name: str, content: str) -> str:
    """A page with what stands between its marks of this name replaced."""
    before, start, rest = text.partition(f"<!-- {name}: written by the benchmark -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->\n")
    if not start or not end:
        raise ValueError(f"the page has no marks for {name}")
    return f"{before}{start}\n{content}\n{end}{after}"


def _table(
    title: str, columns: list[str], document: Document, cells: Callable[..., list[str]]
) -> list[str]:
    empty = document["cases"][0]
    rows = [[case["label"], *cells(case, empty)] for case in document["cases"]]
    head = [f"| {title} | {' | '.join(columns)} |", f"|---|{'--:|' * len(columns)}"]
    return head + [f"| {' | '.join(row)} |" for row in rows]


def _cold(case: Document, empty: Document) -> list[str]:
    limit = f" (limit {case['limit']:g})" if case["limit"] else ""
    return [
        _counted(case, empty, "instructions") + limit,
        f"{ratio(case, empty, 'cpu_ms'):.1f}",
        _spread(case["init_ms"]),
        _spread(case["first_ms"]),
        f"{case['zip_bytes'] / 1000:,.0f}",
        str(case["files"]),
    ]


def _warm(case: Document, empty: Document) -> list[str]:
    return [
        _counted(case, empty, "warm_instructions"),
        f"{ratio(case, empty, 'warm_p50_ms'):.1f}",
        _spread(case["warm_p50_ms"]),
        _spread(case["warm_p99_ms"]),
        f"{max(case['memory_mb']):.0f}",
    ]


def _counted(case: Document, empty: Document, name: str) -> str:
    return f"**{ratio(case, empty, name):.2f}**" if case[name] else "not counted"


def _runs(document: Document) -> str:
    return (
        f"Medians of {len(document['cases'][0]['first_ms'])} runs, with the smallest and the "
        f"largest in brackets. Python {document['python']} on {document['machine']['processor']}, "
        f"{document['roots']} trusted roots unless the package has its own. × is a multiple of "
        "the empty handler in the same runs."
    )


def _counts(document: Document) -> str:
    cases = document["cases"]
    worst = max(max(case["instructions"]) / min(case["instructions"]) for case in cases)
    first = statistics.median(cases[0]["instructions"]) / 1e6
    warm = statistics.median(cases[0]["warm_instructions"]) / 1e6
    return (
        f"Instructions: {len(cases[0]['instructions'])} counts of each with valgrind "
        f"{document['machine']['valgrind']}, which differ by {(worst - 1) * 100:.1f} % at most; "
        f"the empty handler executes {first:.0f} million to its first response and {warm:.2f} "
        "million for a warm request."
    )


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
