"""What a store costs when it has grown: a million images of ten thousand users, beside one of a thousand."""
import http.client
import json
import pathlib
import sqlite3
import statistics
import subprocess
import threading
import time

from bench import measure, servers, workloads

ONE_USER = "user0"  # has a tenth of all images


def grow(tools, folder, images, users):
    if (folder / "lightfast.db").exists():
        return  # made by an earlier run
    subprocess.run([str(tools / "grow"), str(folder), str(images), str(users)], check=True)


def resident_mb(server):
    for task in pathlib.Path(f"/proc/{pid_of(server)}/status").read_text().splitlines():
        if task.startswith("VmRSS:"):
            return int(task.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def pid_of(server):
    return server.process.pid  # taskset becomes the program


def call(connection, path):
    connection.request("GET", path, headers={"Authorization": f"Bearer {servers.KEY}"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"GET {path}: {answer.status} {body[:200]}")
    return json.loads(body)


def ready_seconds(program, folder, settings=None):
    began = time.monotonic()
    server = servers.lightfast(program, folder, "cubic", settings)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    while True:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            return server, time.monotonic() - began
        time.sleep(0.01)


def settle(server):
    """Until the check of the database, which follows the start in the background, costs nothing any more."""
    deadline = time.monotonic() + 180
    before = server.cpu_ns()
    while time.monotonic() < deadline:
        time.sleep(1)
        now = server.cpu_ns()
        if now - before < 50_000_000:
            return
        before = now
    raise RuntimeError("the server does not come to rest")


def paths_in(folder, count):
    with sqlite3.connect(f"file:{folder}/lightfast.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT file_key FROM hosted_images ORDER BY random() LIMIT ?", (count,)).fetchall()
    return [f"200 {servers.PREFIX}{row[0]}" for row in rows]


def list_page_times(server):
    """Every page of the largest user's list, from the newest to the oldest, in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    times, cursor = [], ""
    while cursor is not None:
        began = time.perf_counter()
        page = call(connection, f"/v1/users/{ONE_USER}/images?limit=50" + (f"&cursor={cursor}" if cursor else ""))
        times.append((time.perf_counter() - began) * 1000)
        cursor = page["next_cursor"]
    return times


def usage_times(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    times = []
    for _ in range(200):
        began = time.perf_counter()
        call(connection, f"/v1/users/{ONE_USER}/usage")
        times.append((time.perf_counter() - began) * 1000)
    return times


def timed_command(program, folder, *words):
    began = time.monotonic()
    ran = subprocess.run([str(program), *words], env={"IMAGE_STORAGE_PATH": f"{folder}/images", "PATH": "/usr/bin"},
                         capture_output=True, text=True)
    return time.monotonic() - began, ran


def plan_beside_load(tools, program, folder, server, targets):
    """How long a plan of a full cleanup takes beside readers, and what rate is left to them meanwhile."""
    workload = workloads.Workload("reads", "", targets, connections=16)
    measure.one_load(tools / "load_client", server, workload, targets, 6)  # what is read often comes to lie in memory
    alone = measure.one_load(tools / "load_client", server, workload, targets, 3)["rps"]
    took = []
    planning = threading.Thread(target=lambda: took.append(
        timed_command(program, folder, "cleanup", "--dry-run", "--older-than", "180")))
    planning.start()
    beside = measure.one_load(tools / "load_client", server, workload, targets, 3)["rps"]
    planning.join()
    return took[0][0], took[0][1], beside / alone


def figures(program, tools, folder, images, users, progress):
    """Name, figure, unit and limit of each."""
    progress(f"making {images} images")
    grow(tools, folder / "large", images, users)
    grow(tools, folder / "small", 1000, 100)
    no_cache = {"CACHE_MEMORY_BYTES": "0"}
    rows = []
    empty, _ = ready_seconds(program, folder / "empty")
    with empty:
        rows.append(("resident, idle and empty", resident_mb(empty), "MB", 30))
    misses = {}
    for name in ("small", "large"):
        server, seconds = ready_seconds(program, folder / name, no_cache)
        with server:
            settle(server)
            targets = paths_in(folder / name, 1000)  # as many in both, since each image read is an access to record
            workload = workloads.Workload("misses", "", targets)
            rounds = [measure.one_load(tools / "load_client", server, workload, targets, 1) for _ in range(6)][1:]
            misses[name] = statistics.median(figure["cpu_us"] for figure in rounds)
        if name == "large":
            rows.append(("ready after the start", seconds, "s", 1))
    rows.append(("CPU of a cache miss, beside one in a store of 1,000", misses["large"] / misses["small"], "×", 1.2))
    server, _ = ready_seconds(program, folder / "large")
    with server:
        settle(server)
        progress("listing")
        pages = sorted(list_page_times(server))
        rows.append((f"page of a list, p99 of {len(pages)} pages", pages[int(0.99 * (len(pages) - 1))], "ms", 10))
        rows.append(("usage of a user, p99", sorted(usage_times(server))[197], "ms", 5))
        seconds, ran, left = plan_beside_load(tools, program, folder / "large", server,
                                              paths_in(folder / "large", 20_000))
        if ran.returncode != 0:
            raise RuntimeError(ran.stderr)
        rows.append(("plan of a full cleanup, beside readers", seconds, "s", 10))
        rows.append(("readers' rate lost meanwhile", 100 * (1 - left), "%", 10))
        time.sleep(65)  # freed memory goes back once a minute
        rows.append(("resident a minute after all that", resident_mb(server), "MB", 150))
        seconds, ran = timed_command(program, folder / "large", "fsck")
        if ran.returncode != 0:
            raise RuntimeError(ran.stdout + ran.stderr)
        rows.append(("fsck without hashes", seconds, "s", 60))
    return rows
