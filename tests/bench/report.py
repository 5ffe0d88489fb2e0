"""Says what was measured: a line each, docs/performance.md with its table, and one plot."""
import dataclasses
import datetime
import pathlib
import re

from bench import measure, storing

OURS = "Lightfast"
NGINX = "nginx"
EXPRESS = "Express"
RATE_GOAL = 0.97  # requests per second, of nginx's
EXPRESS_GOAL = 10  # its CPU per request divided by ours, where images are small
BEGIN, END = "<!-- figures: written by scripts/bench -->", "<!-- end of the figures -->"


@dataclasses.dataclass
class Result:
    workload: object
    figures: dict

    def against(self, peer):
        return measure.compare(self.figures, OURS, peer)

    def peers(self):
        return [name for name in self.figures if name != OURS]


def ratio(quartiles):
    low, middle, high = quartiles
    return f"{middle:.2f} [{low:.2f}–{high:.2f}]"


def judged(quartiles, goal, note=""):
    """The goal, and whether it is reached: by the median, not quite, or missed even by the third quartile."""
    verdict = "" if quartiles[1] >= goal else ", just missed" if quartiles[2] >= goal else ", missed"
    return f"{goal:g}{note}{verdict}"


def line(result):
    ours = measure.medians(result.figures[OURS])
    text = (f"{result.workload.name:8} {ours['cpu_us']:7.1f} µs CPU a request, {ours['rps']:8.0f} requests/s, "
            f"p50 {ours['p50_us']:.0f} µs, p99 {ours['p99_us']:.0f} µs")
    for peer in result.peers():
        compared = result.against(peer)
        text += (f"\n         {peer}: CPU × {ratio(compared['cpu_us'])}, rate × {ratio(compared['rps'])}, "
                 f"p50 × {ratio(compared['p50_us'])}, p99 × {ratio(compared['p99_us'])}")
    return text


def clearly_missed(result):
    """A goal is clearly missed where even the third quartile is below it."""
    workload = result.workload
    compared = result.against(NGINX)
    if workload.goal and compared[workload.judged_by][2] < workload.goal:
        yield f"{workload.name}: {workload.judged_by} × {ratio(compared[workload.judged_by])}, goal {workload.goal}"
    if compared["rps"][2] < RATE_GOAL:
        yield f"{workload.name}: rate × {ratio(compared['rps'])} of nginx's, goal {RATE_GOAL}"
    if workload.name == "8K" and EXPRESS in result.figures:
        against_express = result.against(EXPRESS)["cpu_us"]
        if against_express[2] < EXPRESS_GOAL:
            yield f"{workload.name}: CPU × {ratio(against_express)} against Express, goal {EXPRESS_GOAL}"


def table(results):
    peers = list(dict.fromkeys(peer for result in results for peer in result.peers()))
    head = ["workload", "CPU a request", "requests/s", "p50", "p99", "goal", *[f"CPU × {peer}" for peer in peers],
            f"rate × {NGINX}", f"p50 × {NGINX}"]
    rows = [head, ["---"] * len(head)]
    for result in results:
        ours = measure.medians(result.figures[OURS])
        judged_by = result.workload.judged_by
        note = "" if judged_by == "cpu_us" else " (p50)"
        goal = judged(result.against(NGINX)[judged_by], result.workload.goal, note) if result.workload.goal else "–"
        rows.append([result.workload.says, f"{ours['cpu_us']:.1f} µs", f"{ours['rps']:.0f}",
                     f"{ours['p50_us']:.0f} µs", f"{ours['p99_us']:.0f} µs", goal,
                     *[ratio(result.against(peer)["cpu_us"]) if peer in result.figures else "–" for peer in peers],
                     ratio(result.against(NGINX)["rps"]), ratio(result.against(NGINX)["p50_us"])])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def storing_table(results):
    rows = ["| images of | Lightfast, a second | plain way | Express | × plain way (goal) | × Express (goal) |",
            "| --- | --- | --- | --- | --- | --- |"]
    for case, rates in results.items():
        cells = [f"{measure.quartiles(rates[name])[1]:.0f}" if name in rates else "–"
                 for name in (OURS, "plain way", EXPRESS)]
        goals = [(storing.ratios(rates, name), goal) for name, goal in
                 (("plain way", storing.CASES[case][2]), (EXPRESS, storing.EXPRESS_GOAL)) if name in rates]
        cells += [f"{ratio(found)} ({judged(found, goal)})" for found, goal in goals]
        rows.append("| " + " | ".join([case, *cells]) + " |")
    return "\n".join(rows)


def conditions(options, machine):
    return (f"Measured on {datetime.date.today().isoformat()} on {machine['cpu']}, Linux {machine['kernel']} "
            f"(load at the end: {machine['load']}): one core for the server, one for the client, {options.rounds} "
            f"rounds of {options.seconds:g} s each, congestion control `{options.congestion}` for all. Medians, "
            "quartiles in brackets; × is the other's CPU (or p50) divided by ours, or our rate divided by the "
            "other's, round by round: above 1 Lightfast is better.")


def plot(results):
    """CPU per request relative to nginx, per workload: a bar each, with its quartiles and its goal."""
    left, row, width = 90, 34, 640
    scale = (width - left - 20) / max(3.0, max(result.against(NGINX)["cpu_us"][2] for result in results) * 1.05)
    height = 60 + row * len(results)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="13">', f'<rect width="{width}" height="{height}" fill="#fff"/>',
             f'<text x="{left}" y="20">CPU per request: tuned nginx divided by Lightfast (right of 1: less than '
             'nginx)</text>']
    for number, result in enumerate(results):
        low, middle, high = result.against(NGINX)["cpu_us"]
        y = 36 + row * number
        parts += [f'<text x="{left - 8}" y="{y + 16}" text-anchor="end">{result.workload.name}</text>',
                  f'<rect x="{left}" y="{y + 3}" width="{middle * scale:.1f}" height="18" fill="#3b7dd8"/>',
                  f'<path d="M{left + low * scale:.1f} {y + 12}H{left + high * scale:.1f}" stroke="#123" '
                  'stroke-width="2"/>',
                  f'<text x="{left + high * scale + 8:.1f}" y="{y + 17}">{middle:.2f}</text>']
        if result.workload.goal and result.workload.judged_by == "cpu_us":
            x = left + result.workload.goal * scale
            parts.append(f'<path d="M{x:.1f} {y}V{y + 24}" stroke="#c33" stroke-width="2"/>')
    one = left + scale
    parts += [f'<path d="M{one:.1f} 30V{height - 24}" stroke="#555" stroke-dasharray="4 3"/>',
              f'<text x="{one:.1f}" y="{height - 8}" text-anchor="middle">nginx</text>',
              f'<text x="{width - 12}" y="{height - 8}" text-anchor="end" fill="#c33">red: the goal</text>', "</svg>"]
    return "\n".join(parts) + "\n"


def hosting_table(hosting):
    lines = ["| part | takes | by plain calls |", "| --- | --- | --- |"]
    plain = hosting["plain"]
    lines += [f"| {name} | {took:.1f} ms | {plain[name]:.1f} ms |" for name, took in hosting["parts"].items()]
    return "\n".join([*lines, f"| all of it, as the caller sees it (p50) | {hosting['whole']:.1f} ms | |"])


def limits_table(rows):
    def cell(figure, unit):
        return f"{figure:.2f} {unit}" if unit else f"{figure:,.0f}"
    lines = ["| what | measured | limit |", "| --- | --- | --- |"]
    lines += [f"| {name} | {cell(figure, unit)} | {'–' if limit is None else cell(limit, unit)} |"
              for name, figure, unit, limit in rows]
    return "\n".join(lines)


def over_limit(rows):
    for name, figure, unit, limit in rows:
        if limit is not None and figure > limit:
            yield f"{name}: {figure:.2f} {unit}, limit {limit:g}"


def put_between(page, begin, end, parts):
    text = "\n\n".join([begin, *parts, end])
    page.write_text(re.sub(re.escape(begin) + ".*" + re.escape(end), lambda _: text, page.read_text(), flags=re.S))


def write_section(docs, name, said, rows, machine):
    """Between the marks of that name."""
    measured = (f"{said}, measured on {datetime.date.today().isoformat()} on {machine['cpu']}, Linux "
                f"{machine['kernel']}.")
    put_between(pathlib.Path(docs) / "performance.md", f"<!-- {name}: written by scripts/bench --{name} -->",
                f"<!-- end of {name} -->", [measured, limits_table(rows)])


def write(docs, results, stored_rates, hosting, options, machine):
    put_between(pathlib.Path(docs) / "performance.md", BEGIN, END,
                [conditions(options, machine), table(results), "![CPU per request](performance.svg)",
                 "## Storing", storing_table(stored_rates),
                 "What hosting adds to a generation: a 1 MB PNG from a URL on loopback to the acknowledgement, one at "
                 "a time.", hosting_table(hosting)])
    (pathlib.Path(docs) / "performance.svg").write_text(plot(results))
