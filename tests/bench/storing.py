"""How many images a second are stored durably: uploads to Lightfast, which proves each, beside the plain way without
any server, and beside Express with better-sqlite3. All may use every core, and acknowledge only what is synced."""
import json
import os
import pathlib
import subprocess

from bench import measure, pictures, servers

# Bytes, images a round, goal against the plain way.
CASES = {"100 KB": (100_000, 600, 1.2), "2 MB": (2_000_000, 60, 1.3)}
EXPRESS_GOAL = 1.5
CONNECTIONS = 32
PLAIN_THREADS = 8


def run(command):
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300)
    if ran.returncode != 0:
        raise RuntimeError(f"{command[0]}: {ran.stderr}")
    return json.loads(ran.stdout)


def uploads(tools, server, count, picture):
    target = "/v1/images/upload?user_id=bench"
    return run([tools / "upload_client", server.port, target, servers.KEY, CONNECTIONS, count, picture])


def plain(tools, folder, count, picture):
    folder.mkdir()
    figures = run([tools / "plain_store", folder, PLAIN_THREADS, count, picture])
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    return figures


def compare(tools, folder, ours, express, rounds, progress):
    """The rates of each, round by round, by case."""
    results = {}
    for case, (size_bytes, count, _) in CASES.items():
        picture = pathlib.Path(folder) / "picture.png"
        picture.write_bytes(pictures.png(size_bytes, 1))
        ways = {"Lightfast": lambda: uploads(tools, ours, count, picture),
                "plain way": lambda: plain(tools, pathlib.Path(folder) / "plain", count, picture)}
        if express:
            ways["Express"] = lambda: uploads(tools, express, count, picture)
        rates = {name: [] for name in ways}
        for number in range(rounds + 1):
            progress(f"storing {case}: round {number} of {rounds}")
            for name in list(ways) if number % 2 == 0 else list(ways)[::-1]:
                os.sync()  # nobody pays for what another has left
                figures = ways[name]()
                if number > 0:
                    rates[name].append(figures["rate"])
        results[case] = rates
    return results


def ratios(rates, other):
    return measure.quartiles([ours / theirs for ours, theirs in zip(rates["Lightfast"], rates[other])])


def clearly_missed(results):
    for case, rates in results.items():
        for other, goal in (("plain way", CASES[case][2]), ("Express", EXPRESS_GOAL)):
            if other in rates and ratios(rates, other)[2] < goal:
                yield f"storing {case}: {ratios(rates, other)[1]:.2f} × the {other}, goal {goal}"
