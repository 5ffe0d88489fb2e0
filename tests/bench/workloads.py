"""What is asked for: each workload is a file of targets for the load client, and how they are asked for."""
import dataclasses
import itertools
import urllib.parse

from bench import pictures, servers

SIZES = {"8K": (8_000, 1000), "64K": (64_000, 1000), "300K": (300_000, 300), "2M": (2_000_000, 60)}


@dataclasses.dataclass
class Workload:
    name: str
    says: str
    targets: list
    goal: float = None  # nginx's CPU per request divided by ours, at least
    connections: int = 64
    closes: bool = False
    judged_by: str = "cpu_us"  # or p50_us


def store_pictures(port, progress):
    """Stores noise in all sizes; answers, by size, what each image's metadata say."""
    stored = {size: [] for size in SIZES}
    number = itertools.count()
    for size, (size_bytes, count) in SIZES.items():
        for done in range(count):
            image = servers.upload(port, f"user{done % 50}", pictures.png(size_bytes, next(number)))
            stored[size].append({"path": urllib.parse.urlsplit(image["url"]).path, "etag": f'"{image["sha256"]}"',
                                 "size": image["size_bytes"]})
            progress(f"storing {size}: {done + 1} of {count}")
    return stored


def etags_of(port, paths):
    """A server's own ETags, which differ: Lightfast's is the hash, nginx's the time and the size."""
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for path in paths:
        connection.request("HEAD", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"HEAD {path}: {answer.status}")
        yield answer.headers["ETag"]


def all_workloads(stored):
    def whole(size):
        return [f"200 {image['path']}" for image in stored[size]]

    missing = [f"404 {servers.PREFIX}user{n}/img_{n:026}.png" for n in range(1000)]
    ranges = [f"206 {image['path']}\tRange: bytes={start}-{start + 65535}" for image in stored["300K"]
              for start in (0, 65536, 131072)]
    return [
        Workload("8K", "8 KB images, 64 connections", whole("8K"), 1.7),
        Workload("304", "revalidation: If-None-Match, 64 connections", None, 1.3),
        Workload("64K", "64 KB images, 64 connections", whole("64K"), 1.25),
        Workload("range", "64 KB ranges of 300 KB images, 64 connections", ranges, 1.25),
        Workload("300K", "300 KB images, 64 connections", whole("300K"), 1.1),
        Workload("2M", "2 MB images, 64 connections", whole("2M"), 1.0),
        Workload("new", "8 KB images, a new connection each", whole("8K"), 1.1, closes=True),
        Workload("latency", "8 KB images, one connection", whole("8K"), 1.15, connections=1, judged_by="p50_us"),
        Workload("misses", "8 KB images, one request in ten for one that is not there", whole("8K") * 9 + 9 * missing),
    ]


def targets_for(workload, stored, server):
    if workload.targets is not None:
        return workload.targets
    images = stored["8K"]
    if server.name == servers.FLOOR:  # knows no tags, and answers anything
        return [f"200 {image['path']}\tIf-None-Match: {image['etag']}" for image in images]
    paths = [image["path"] for image in images]
    return [f"304 {path}\tIf-None-Match: {etag}" for path, etag in zip(paths, etags_of(server.port, paths))]
