"""What hosting adds to a generation: the way of one fading URL to an acknowledged image, part by part, one at a time,
each part beside plain calls that do the like."""
import http.client
import http.server
import json
import os
import pathlib
import re
import statistics
import struct
import threading
import time
import urllib.request
import zlib

from bench import pictures, servers

SIZE_BYTES = 1_000_000
COUNT = 60


def numbered(png, number):
    """The same picture with another comment, so that no two are the same bytes."""
    return png[:33] + pictures.chunk(b"tEXt", b"Comment\0%d" % number) + png[33:]


class Provider:
    """Serves a different 1 MB PNG under every path, on loopback."""

    def __init__(self):
        png = pictures.png(SIZE_BYTES, 1)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = numbered(png, int(self.path.rsplit("/", 1)[1]))
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, number):
        return f"http://127.0.0.1:{self.server.server_port}/output/{number}"

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def milliseconds(doing):
    began = time.perf_counter()
    doing()
    return (time.perf_counter() - began) * 1000


def means(port):
    """Milliseconds each, from the server's own histograms."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()

    def mean(name, labels=""):
        def value(suffix):
            return float(re.search(rf"^{name}_{suffix}{re.escape(labels)} (\S+)$", text, re.M).group(1))
        return value("sum") / value("count") * 1000

    parts = {part: mean("lightfast_store_duration_seconds", f'{{part="{part}"}}')
             for part in ("prove", "file", "record")}
    return {"download": mean("lightfast_fetch_duration_seconds") - sum(parts.values()), **parts}


def write_durably(folder, number, data):
    partial = folder / f"{number}.part"
    with open(partial, "wb", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())
    os.rename(partial, folder / f"{number}.png")
    directory = os.open(folder, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def append_durably(file, number):
    os.pwrite(file, bytes(4096 * 3), 4096 * 3 * number)
    os.fdatasync(file)


def by_plain_calls(folder, provider):
    """The like from one thread: read from the socket, inflate and sum up, write and sync, one synced write."""
    png = pictures.png(SIZE_BYTES, 1)
    deflated = b"".join(idat_of(png))
    folder.mkdir()
    log = os.open(folder / "log", os.O_RDWR | os.O_CREAT)
    os.posix_fallocate(log, 0, 4096 * 3 * COUNT)
    ways = {
        "download": lambda number: urllib.request.urlopen(provider.url(number)).read(),
        "prove": lambda number: (zlib.decompress(deflated), zlib.crc32(deflated)),
        "file": lambda number: write_durably(folder, number, png),
        "record": lambda number: append_durably(log, number),
    }
    return {name: statistics.fmean(milliseconds(lambda: way(number)) for number in range(COUNT))
            for name, way in ways.items()}


def idat_of(png):
    at = 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IDAT":
            yield png[at + 8:at + 8 + size]
        at += 12 + size


def measure_hosting(program, folder, progress):
    """Milliseconds: the whole as callers see it (p50), each part (mean), and the like by plain calls (mean)."""
    provider = Provider()
    (folder / "hosting").mkdir()
    try:
        settings = {"DOWNLOAD_ALLOW_NETWORKS": "127.0.0.0/8"}
        with servers.lightfast(program, folder / "hosting", "cubic", settings, core="0-1") as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port)

            def host(number):
                body = json.dumps({"user_id": "bench", "url": provider.url(number)})
                connection.request("POST", "/v1/images/import", body, {
                    "Authorization": f"Bearer {servers.KEY}", "Content-Type": "application/json"})
                answer = connection.getresponse()
                said = answer.read()
                if answer.status != 201:
                    raise RuntimeError(f"import: {answer.status} {said[:300]}")

            times = []
            for number in range(COUNT):
                progress(f"hosting: {number + 1} of {COUNT}")
                times.append(milliseconds(lambda: host(number)))
            parts = means(server.port)
        return {"whole": statistics.median(times), "parts": parts,
                "plain": by_plain_calls(pathlib.Path(folder) / "plain-calls", provider)}
    finally:
        provider.end()
