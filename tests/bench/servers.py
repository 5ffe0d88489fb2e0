"""The servers that are compared: each serves the same files under the same paths, on one core, and is ended with its
context."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PREFIX = "/v1/images/hosted/"
KEY = "bench-0123456789abcdef-known-key"
FLOOR = "floor"

# What Lightfast says with every image, so that the answers compared are the same ones.
SAME_HEADERS = """
        add_header Cache-Control "public, max-age=31536000, immutable";
        add_header X-Content-Type-Options nosniff;
        add_header Content-Security-Policy "default-src 'none'; sandbox";
        add_header Cross-Origin-Resource-Policy cross-origin;
        add_header Access-Control-Allow-Origin *;
        add_header Content-Disposition inline;"""

TUNED = """
user root; worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
worker_rlimit_nofile 65536;
events {{ worker_connections 16384; multi_accept on; }}
http {{
    access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_timeout 65; keepalive_requests 100000000;
    open_file_cache max=10000 inactive=10m; open_file_cache_valid 10m; open_file_cache_min_uses 1;
    types {{ image/png png; }} default_type application/octet-stream; log_not_found off; server_tokens off;
    client_body_temp_path {folder}/body;
    server {{ listen 127.0.0.1:{port} reuseport deferred backlog=4096;
        location {prefix} {{ alias {images}/; {headers} }} }} }}
"""

# As the packages of Debian and nginx.org configure it, but for the port and the folders.
PACKAGED = """
user root; worker_processes auto; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
    sendfile on; tcp_nopush on; types_hash_max_size 2048; types {{ image/png png; }}
    default_type application/octet-stream; access_log {folder}/access.log; gzip on; client_body_temp_path {folder}/body;
    server {{ listen 127.0.0.1:{port}; location {prefix} {{ alias {images}/; {headers} }} }} }}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_open(port, process):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[:4]} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args} does not listen on {port}")


def cpu_ns(pid):
    """Time on a core of a process, its threads and its children, exact: the scheduler's own account."""
    total = 0
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                total += int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
                children = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()
                total += sum(cpu_ns(int(child)) for child in children)
    return total


class Server:
    def __init__(self, name, command, port, environment=None, core=0):
        self.name = name
        self.port = port
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), *command], env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_open(port, self.process)
        except BaseException:
            self.end()
            raise

    def cpu_ns(self):
        return cpu_ns(self.process.pid)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def lightfast(program, folder, congestion, settings=None, core=0):
    port = free_port()
    environment = {"IMAGE_STORAGE_PATH": f"{folder}/images", "PORT": str(port), "HOST": "127.0.0.1",
                   "API_KEYS": KEY, "TCP_CONGESTION": congestion, "LOG_LEVEL": "info", **(settings or {})}
    return Server("Lightfast", [str(program), "serve"], port, environment, core)


def nginx(name, template, folder, images, congestion, preload, with_headers=True):
    port = free_port()
    place = pathlib.Path(folder) / name.replace(" ", "-")
    place.mkdir()
    headers = SAME_HEADERS if with_headers else ""
    (place / "nginx.conf").write_text(template.format(folder=place, port=port, prefix=PREFIX, images=images,
                                                      headers=headers))
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    environment = {"LD_PRELOAD": str(preload), "BENCH_CONGESTION": congestion}
    return Server(name, [binary, "-c", str(place / "nginx.conf"), "-p", str(place)], port, environment)


def floor(program, size_bytes, blocks, congestion, preload):
    port = free_port()
    environment = {"LD_PRELOAD": str(preload), "BENCH_CONGESTION": congestion}
    return Server(FLOOR, [str(program), str(port), str(size_bytes), str(blocks)], port, environment)


def express_place(folder):
    """A folder with Express and what it needs, from the npm registry."""
    place = pathlib.Path(folder) / "express"
    shutil.copytree(HERE / "express", place)
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=place, check=True)
    return place


def express(place, script, environment, congestion="", preload="", core=0):
    port = free_port()
    environment = {"NODE_ENV": "production", "PORT": str(port), **environment}
    if congestion:
        environment |= {"LD_PRELOAD": str(preload), "BENCH_CONGESTION": congestion}
    return Server("Express", ["node", str(place / script)], port, environment, core)


def upload(port, user, picture):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/images/upload?user_id={user}", data=picture,
                                     headers={"Authorization": f"Bearer {KEY}", "Content-Type": "image/png"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
