"""Mixed load for a long time: uploads, generations, imports, reads, lists, removals and cleanups at once, and what the
server holds meanwhile. It is to hold no more at the end than when it had warmed up."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import statistics
import threading
import time
import urllib.parse

from bench import growth, hosting, pictures, servers

USERS = 20
SETTINGS = {"IMAGE_PER_USER_LIMIT": "200", "IMAGE_TRASH_DAYS": "0", "DOWNLOAD_ALLOW_NETWORKS": "127.0.0.0/8"}
WAL_LIMIT_MB = 64


class Caller:
    """One thread's connection, which is opened anew after an error."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def call(self, method, path, body=None, kind="application/json"):
        self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {servers.KEY}", "Content-Type": kind}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


class Soak:
    def __init__(self, server, provider):
        self.server, self.provider = server, provider
        self.numbers, self.lock = iter(range(10**9)), threading.Lock()
        self.known, self.done, self.wrong, self.over = [], {}, [], threading.Event()

    def next_number(self):
        with self.lock:
            return next(self.numbers)

    def keep(self, answer):
        image = json.loads(answer)
        with self.lock:
            self.known.append((image["user_id"], image["id"], urllib.parse.urlsplit(image["url"]).path,
                               image["size_bytes"]))
            del self.known[:-2000]

    def any_image(self):
        with self.lock:
            return random.choice(self.known) if self.known else None

    def upload(self, caller):
        number = self.next_number()
        picture = pictures.png(random.choice((8_000, 100_000, 400_000)), number)
        status, said = caller.call("POST", f"/v1/images/upload?user_id=u{number % USERS}", picture, "image/png")
        if status == 201:
            self.keep(said)
        return status == 201

    def generate(self, caller):
        number = self.next_number()
        body = json.dumps({"user_id": f"u{number % USERS}", "prompt": str(number), "provider": "sample"})
        status, said = caller.call("POST", "/v1/images/generate", body)
        if status == 201:
            self.keep(said)
        return status == 201

    def fetch(self, caller):
        number = self.next_number()
        body = json.dumps({"user_id": f"u{number % USERS}", "url": self.provider.url(number)})
        status, said = caller.call("POST", "/v1/images/import", body)
        if status == 201:
            self.keep(said)
        return status == 201

    def read(self, caller):
        image = self.any_image()
        if not image:
            return True
        status, said = caller.call("GET", image[2])
        return status == 404 or status == 200 and len(said) == image[3]  # evicted meanwhile, or whole

    def list(self, caller):
        user = f"u{random.randrange(USERS)}"
        return caller.call("GET", f"/v1/users/{user}/images?limit=100")[0] == 200 and \
            caller.call("GET", f"/v1/users/{user}/usage")[0] == 200

    def remove(self, caller):
        image = self.any_image()
        return not image or caller.call("DELETE", f"/v1/images/{image[0]}/{image[1]}")[0] in (204, 404)

    def clean_up(self, caller):
        return caller.call("POST", "/v1/admin/cleanup")[0] == 200

    def repeat(self, what, pause):
        """`pause` seconds after each, so that the load stays what it is."""
        caller = Caller(self.server.port)
        while not self.over.wait(pause):
            try:
                right = what(caller)
            except (OSError, http.client.HTTPException) as error:
                right, caller.connection = error, None
            with self.lock:
                self.done[what.__name__] = self.done.get(what.__name__, 0) + 1
                if right is not True:
                    self.wrong.append((what.__name__, repr(right)))

    def run(self, seconds, sample):
        ways = [(self.upload, 0.2), (self.upload, 0.2), (self.generate, 0.5), (self.fetch, 1), (self.list, 0.5),
                (self.remove, 1), (self.clean_up, 30)] + [(self.read, 0.02)] * 4
        with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
            for what, pause in ways:
                pool.submit(self.repeat, what, pause)
            try:
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    time.sleep(min(10, max(0.1, end - time.monotonic())))
                    sample()
            finally:
                self.over.set()


def held(server, folder):
    log = folder / "lightfast.db-wal"
    return {"resident_mb": growth.resident_mb(server),
            "descriptors": len(os.listdir(f"/proc/{server.process.pid}/fd")),
            "wal_mb": log.stat().st_size / 1e6 if log.exists() else 0}


def figures(program, folder, seconds, progress):
    """Name, figure, unit and limit (or None) of each: the last quarter beside the second one."""
    folder = pathlib.Path(folder) / "soak"
    folder.mkdir()
    provider = hosting.Provider()
    samples = []
    try:
        with servers.lightfast(program, folder, "cubic", SETTINGS, core="0-1") as server:
            soak = Soak(server, provider)

            def sample():
                samples.append(held(server, folder))
                progress(f"soak: {sum(soak.done.values())} calls, {samples[-1]}")
            soak.run(seconds, sample)
    finally:
        provider.end()
    quarter = max(1, len(samples) // 4)
    early, late = samples[quarter:2 * quarter] or samples[:1], samples[-quarter:]

    def median(part, key):
        return statistics.median(each[key] for each in part)
    rows = [(f"calls: {what}", count, "", None) for what, count in sorted(soak.done.items())]
    rows.append(("answers that were wrong", len(soak.wrong), "", 0))
    slack = 1.2
    for name, key, unit in (("resident", "resident_mb", "MB"), ("open descriptors", "descriptors", "")):
        before = median(early, key)
        rows.append((f"{name}, second quarter", before, unit, None))
        rows.append((f"{name}, last quarter", median(late, key), unit, before * slack))
    rows.append(("largest WAL", max(each["wal_mb"] for each in samples), "MB", WAL_LIMIT_MB))
    if soak.wrong:
        print(soak.wrong[:5])
    return rows
