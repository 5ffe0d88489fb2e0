// fal.ai as its documentation has it: the queue, the direct call, the storage.
import { png } from "./pictures.mjs";
import { startFake } from "./world.mjs";

export const credentials = "key-id:key-secret";

export async function startFal() {
  const requests = new Map(), files = new Map(), refusals = [];
  let made = 0;
  const fake = await startFake((request) => answer(request));

  // Its word for the type and the size is not what lies there: whoever hosts it says what does.
  const output = () => {
    const path = `/files/b/${++made}.jpeg`;
    files.set(path, png(made));
    const image = { url: fake.url + path, width: 8, height: 8, content_type: "image/jpeg", file_size: 1 };
    return { images: [image], seed: 42, prompt: "a pier", timings: { inference: 1.2 }, has_nsfw_concepts: [false] };
  };
  const missing = { detail: [{ loc: ["body", "prompt"], msg: "field required", type: "missing" }] };
  const state = (id, status) => ({ status, request_id: id, response_url: `${fake.url}/acme/flux/requests/${id}` });

  function submit(request) {
    const id = `request-${requests.size + 1}`;
    requests.set(id, { input: request.json, polls: 0 });
    return { json: { ...state(id, "IN_QUEUE"), status_url: `${fake.url}/status`, cancel_url: `${fake.url}/cancel` } };
  }
  function status(id) {
    const isDone = ++requests.get(id).polls > 1;
    return { status: isDone ? 200 : 202, json: { ...state(id, isDone ? "COMPLETED" : "IN_PROGRESS"), logs: [] } };
  }
  function streamed(id) {
    const events = ["IN_PROGRESS", "COMPLETED"].map((word) => `data: ${JSON.stringify(state(id, word))}\n\n`);
    return { headers: { "content-type": "text/event-stream" }, body: ": ping\n\n" + events.join("") };
  }
  function streamedResult(request) {
    const events = [{ progress: 0.5 }, { ...output(), prompt: request.json.prompt }];
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
    return { headers: { "content-type": "text/event-stream", "x-fal-request-id": "stream-1" }, body };
  }
  function result(id) {
    const request = requests.get(id);
    const headers = { "x-fal-request-id": id };
    if (!request.input.prompt) return { status: 422, headers, json: missing };
    return { headers, json: (request.output ??= output()) };
  }

  function answer(request) {
    const { method, path } = request;
    if (files.has(path)) return { headers: { "content-type": "image/jpeg" }, body: files.get(path) };
    if (method === "PUT" && path.startsWith("/upload/")) return { json: {} };
    if (request.headers.authorization !== `Key ${credentials}`) return { status: 401, json: { detail: "Invalid key" } };
    if (refusals.length > 0) return refusals.shift();
    if (path === "/storage/upload/initiate") {
      return { json: { upload_url: `${fake.url}/upload/x.png`, file_url: "https://v3.fal.media/files/x.png" } };
    }
    const [, id, rest] = path.match(/^\/acme\/flux\/requests\/([\w-]+)(\/.*)?$/) ?? [];
    if (id && !requests.has(id)) return { status: 404, json: { detail: "Request not found" } };
    if (rest === "/status") return status(id);
    if (rest === "/status/stream") return streamed(id);
    if (rest === "/cancel") return { status: 202, json: { status: "CANCELLATION_REQUESTED" } };
    if (id) return result(id);
    if (method === "POST" && path === "/acme/flux/dev") return submit(request);
    if (method === "POST" && path === "/acme/direct/stream") return streamedResult(request);
    if (method === "POST" && path === "/acme/direct") {
      const headers = { "x-fal-request-id": "direct-1" };
      return request.json.prompt ? { headers, json: output() } : { status: 422, headers, json: missing };
    }
    return { status: 404, json: { detail: `Path ${path} not found` } };
  }

  return {
    ...fake, requests: fake.requests, lastPicture: () => png(made),
    refuse: (...answers) => refusals.push(...answers),
  };
}
