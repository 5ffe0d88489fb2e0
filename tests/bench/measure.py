"""Rounds of load, one server after the other, and what they cost: CPU by the scheduler's own account."""
import json
import pathlib
import re
import statistics
import subprocess
import tempfile

from bench import workloads


def one_load(client, server, workload, targets, seconds, core=1):
    """One stretch of load on one server."""
    with tempfile.NamedTemporaryFile("w", suffix=".targets") as file:
        file.write("\n".join(targets) + "\n")
        file.flush()
        before = server.cpu_ns()
        command = ["taskset", "-c", str(core), str(client), str(server.port), str(workload.connections), str(seconds),
                   file.name] + (["close"] if workload.closes else [])
        ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
        spent = server.cpu_ns() - before
    if ran.returncode != 0:
        raise RuntimeError(f"{server.name} at {workload.name}: {ran.stdout}{ran.stderr}")
    load = json.loads(ran.stdout)
    return {"cpu_us": spent / 1000 / load["requests"], "rps": load["requests"] / load["seconds"],
            "p50_us": load["p50_us"], "p99_us": load["p99_us"]}


def rounds_of(client, servers, workload, stored, rounds, seconds, progress):
    """All servers in turn, the other way round every other round; a first round to warm up is left out."""
    targets = {server.name: workloads.targets_for(workload, stored, server) for server in servers}
    for server in servers:
        one_load(client, server, workload, targets[server.name], min(seconds, 0.5))
    figures = {server.name: [] for server in servers}
    for number in range(rounds):
        progress(f"{workload.name}: round {number + 1} of {rounds}")
        for server in servers if number % 2 == 0 else servers[::-1]:
            figures[server.name].append(one_load(client, server, workload, targets[server.name], seconds))
    return figures


def quartiles(values):
    values = sorted(values)
    if len(values) < 2:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def compare(figures, ours, theirs):
    """Round by round, so that what troubles the machine troubles both: theirs divided by ours, ours by theirs for
    rates. Each as quartiles."""
    pairs = list(zip(figures[ours], figures[theirs]))
    ratios = {key: quartiles([their[key] / our[key] for our, their in pairs]) for key in ("cpu_us", "p50_us", "p99_us")}
    ratios["rps"] = quartiles([our["rps"] / their["rps"] for our, their in pairs])
    return ratios


def medians(figures):
    return {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}


def machine():
    """What it was measured on."""
    cpu = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown processor")
    kernel = re.match(r"\d+\.\d+", pathlib.Path("/proc/sys/kernel/osrelease").read_text()).group()
    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    return {"cpu": cpu, "kernel": kernel, "load": load}
