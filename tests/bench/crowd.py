"""How much memory many callers cost: connections that wait beside those that ask, and generations in flight."""
import contextlib
import http.client
import http.server
import json
import resource
import socket
import threading
import time

from bench import growth, measure, pictures, servers, workloads

IDLE, ASKING = 8_900, 1_000  # the server takes 9,900 where 20,000 descriptors are allowed
GENERATIONS = 1_000


def raise_descriptor_limit():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def wait_at(port, path, count, stack, progress):
    """Connections that have been answered once and then say nothing."""
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    for number in range(count):
        line = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        line.sendall(request)
        if not line.recv(65536).startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"connection {number} was not served")
        progress(f"connections: {number + 1} of {count}")


def connections(program, tools, folder, progress):
    raise_descriptor_limit()
    (folder / "connections").mkdir()
    with servers.lightfast(program, folder / "connections", "cubic") as server, contextlib.ExitStack() as idle:
        images = [servers.upload(server.port, "crowd", pictures.png(8_000, number)) for number in range(100)]
        targets = [f"200 {servers.PREFIX}{image['url'].split(servers.PREFIX)[1]}" for image in images]
        wait_at(server.port, targets[0].split()[1], IDLE, idle, progress)
        asking = workloads.Workload("asking", "", targets, connections=ASKING)
        figures = measure.one_load(tools / "load_client", server, asking, targets, 5)
        held = growth.resident_mb(server)
        return [(f"resident, {IDLE + ASKING:,} connections of which {ASKING:,} ask", held, "MB", 300),
                (f"p99 of those {ASKING:,}", figures["p99_us"] / 1000, "ms", None),
                ("requests a second meanwhile", figures["rps"], "", None)]


class Replicate:
    """Takes every prediction, and ends none before it is told to."""

    def __init__(self):
        self.created, self.may_end = 0, threading.Event()
        self.lock = threading.Lock()
        fake = self
        png = pictures.png(100_000, 1)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                with fake.lock:
                    fake.created += 1
                    number = fake.created
                self.tell(201, number, "starting")

            def do_GET(self):
                number = int(self.path.rsplit("/", 1)[1])
                if self.path.startswith("/output/"):
                    self.send(200, "image/png", png[:33] + pictures.chunk(b"tEXt", b"n\0%d" % number) + png[33:])
                else:
                    self.tell(200, number, "succeeded" if fake.may_end.is_set() else "processing")

            def tell(self, status, number, state):
                output = [f"{fake.url}/output/{number}"] if state == "succeeded" else None
                self.send(status, "application/json", json.dumps(
                    {"id": str(number), "status": state, "output": output, "model": "a/b", "input": {}}).encode())

            def send(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 1024

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def call(server, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    headers = {"Authorization": f"Bearer {servers.KEY}", "Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return said


def wait_for(what, reached, seconds=600):
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def generations(program, folder, progress):
    (folder / "generations").mkdir()
    replicate = Replicate()
    settings = {"REPLICATE_API_TOKEN": "r8_bench", "REPLICATE_BASE_URL": replicate.url,
                "DOWNLOAD_ALLOW_NETWORKS": "127.0.0.0/8", "PROVIDER_TIMEOUT_SECONDS": "600"}
    try:
        with servers.lightfast(program, folder / "generations", "cubic", settings, core="0-1") as server:
            for batch in range(GENERATIONS // 100):
                items = [{"prompt": f"{batch}/{number}"} for number in range(100)]
                call(server, "POST", "/v1/images/generate", json.dumps({"items": items}))
            progress(f"generations: {GENERATIONS} on their way")
            wait_for("every generation is at the provider", lambda: replicate.created == GENERATIONS)
            held = growth.resident_mb(server)
            began = time.monotonic()
            replicate.may_end.set()
            progress("generations: ending")

            def stored():
                return call(server, "GET", "/v1/users/default/usage")["images"] == GENERATIONS
            wait_for("every image is stored", stored)
            took = time.monotonic() - began
            return [(f"resident, {GENERATIONS:,} generations in flight", held, "MB", None),
                    (f"until their {GENERATIONS:,} images of 100 KB were stored", took, "s", None),
                    ("calls to the provider that create", replicate.created, "", GENERATIONS)]
    finally:
        replicate.end()


def figures(program, tools, folder, progress):
    """Name, figure, unit and limit (or None) of each."""
    return [*connections(program, tools, folder, progress), *generations(program, folder, progress)]
