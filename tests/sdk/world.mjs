// The program under test behind TLS, with a folder of its own, and servers of the tests' own. All of it ends with stop().
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const key = "sdk-0123456789abcdef-known-key";

function listening(server) {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

function closed(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

async function bodyOf(message) {
  const pieces = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces);
}

// handle({method, path, query, headers, body, json}) → {status, headers, json | body}; keeps what came in `requests`.
export async function startFake(handle) {
  const requests = [];
  const server = createServer(async (message, response) => {
    const url = new URL(message.url, "http://fake");
    const body = await bodyOf(message);
    const request = { method: message.method, path: url.pathname, query: url.searchParams, headers: message.headers, body };
    try {
      request.json = JSON.parse(body);
    } catch {
      request.json = undefined;
    }
    requests.push(request);
    const { status = 200, headers = {}, json, body: bytes } = (await handle(request)) ?? { status: 404, json: {} };
    const type = json === undefined ? {} : { "content-type": "application/json" };
    response.writeHead(status, { ...type, ...headers });
    response.end(json === undefined ? bytes : JSON.stringify(json));
  });
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}`, requests, stop: () => closed(server) };
}

// What a platform does before the program: https outside, http inside.
async function startTls(port) {
  const tls = { key: readFileSync("tls.key"), cert: readFileSync("tls.crt") };
  const server = createTlsServer(tls, (message, response) => {
    const { method, url: path, headers } = message;
    const inner = httpRequest({ host: "127.0.0.1", port: port(), method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    inner.on("error", () => response.destroy());
    message.pipe(inner);
  });
  return { port: await listening(server), stop: () => closed(server) };
}

async function freePort() {
  const server = createServer();
  const port = await listening(server);
  await closed(server);
  return port;
}

async function ready(port, child, said) {
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`lightfast ended: ${said()}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`lightfast is not ready: ${said()}`);
}

export async function startWorld(environment) {
  const folder = mkdtempSync(join(tmpdir(), "lightfast-sdk-"));
  const port = await freePort();
  const tls = await startTls(() => port);
  const url = `https://localhost:${tls.port}`;
  let log = "";
  const child = spawn(process.env.LIGHTFAST_BINARY, [], {
    cwd: folder,
    env: {
      PATH: process.env.PATH, HOST: "127.0.0.1", PORT: String(port), IMAGE_STORAGE_PATH: join(folder, "images"),
      PUBLIC_BASE_URL: url, API_KEYS: key, DOWNLOAD_ALLOW_NETWORKS: "127.0.0.1/32", ...environment,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.on("data", (text) => (log += text));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await tls.stop();
    rmSync(folder, { recursive: true });
  };
  try {
    await ready(port, child, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, log: () => log, stop };
}

// The bytes at a hosted URL, as anybody gets them.
export async function bytesAt(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}
