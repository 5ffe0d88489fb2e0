"""The tools of scripts/bench on each other: usage: self_test.py LOAD_CLIENT FLOOR; exit 0: they count right."""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from bench import measure, pictures, report, servers, workloads  # noqa: E402


def check_table():
    """A peer that was measured in some workloads only, and one that was in none of the first."""
    figure = dict(cpu_us=2, rps=2, p50_us=1, p99_us=1)
    results = [report.Result(workloads.Workload(name, name, []), {name: [figure] * 3 for name in (report.OURS, *peers)})
               for name, peers in (("small", (report.NGINX, servers.FLOOR)), ("large", (report.NGINX, report.EXPRESS)))]
    head, _, small, large = [row.strip("| ").split(" | ") for row in report.table(results).splitlines()]
    assert len(head) == len(small) == len(large), (head, small, large)
    floor, express = head.index(f"CPU × {servers.FLOOR}"), head.index(f"CPU × {report.EXPRESS}")
    assert small[express] == large[floor] == "–", (small, large)
    assert small[floor] == large[express] == "1.00 [1.00–1.00]", (small, large)


def main():
    client, floor = sys.argv[1:]
    check_table()
    port = servers.free_port()
    with servers.Server("floor", [floor, str(port), "8000", "3"], port) as server:
        right = workloads.Workload("right", "", ["200 /any"], connections=4)
        figures = measure.one_load(client, server, right, right.targets, 0.1, core=0)
        assert figures["rps"] > 0 and figures["cpu_us"] > 0 and figures["p50_us"] <= figures["p99_us"], figures
        with tempfile.NamedTemporaryFile("w", suffix=".targets") as wrong:
            wrong.write("404 /any\n")
            wrong.flush()
            ran = subprocess.run([client, str(port), "4", "0.1", wrong.name], capture_output=True, text=True)
            assert ran.returncode == 1 and json.loads(ran.stdout)["wrong"] > 0, ran
    assert abs(len(pictures.png(100_000, 1)) - 100_000) < 2_000
    assert measure.compare({"a": [dict(cpu_us=2, rps=2, p50_us=1, p99_us=1)] * 3,
                            "b": [dict(cpu_us=3, rps=1, p50_us=1, p99_us=1)] * 3}, "a", "b")["cpu_us"] == [1.5] * 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
