// Replicate as its documentation has it, as far as the SDK goes: a model's name says what its predictions do.
import { png } from "./pictures.mjs";
import { startFake } from "./world.mjs";

export const token = "r8_fake_token";

const throttled = { detail: "Request was throttled. Your rate limit resets in ~1s.", status: 429 };
const unauthenticated = { title: "Unauthenticated", detail: "You did not pass an authentication token", status: 401 };
const invalid = {
  title: "Input validation failed", detail: "- prompt is required\n", status: 422,
  invalid_fields: [{ type: "required", field: "", description: "prompt is required" }],
};

export async function startReplicate() {
  const predictions = new Map(), files = new Map(), refusals = [];
  let made = 0;
  const fake = await startFake((request) => answer(request));

  const host = (number) => {
    const path = `/xezq/${number}/out-0.webp`;
    files.set(path, png(number));
    return fake.url + path;
  };
  const outputOf = (model) => {
    const number = ++made;
    if (model.endsWith("/many")) return [host(1000 + number), host(2000 + number)];
    if (model.endsWith("/words")) return ["a ", "lighthouse"];
    if (model.endsWith("/object")) return { image: host(3000 + number), score: 0.5 };
    return host(number);
  };
  const shown = (prediction) => ({
    id: prediction.id, model: prediction.model, version: "hidden", input: prediction.input, logs: "", error: null,
    data_removed: false, created_at: "2026-01-01T00:00:00.000Z", status: "starting", output: null, ...prediction.now,
    urls: {
      get: `${fake.url}/v1/predictions/${prediction.id}`, cancel: `${fake.url}/v1/predictions/${prediction.id}/cancel`,
      web: `https://replicate.com/p/${prediction.id}`, stream: `${fake.url}/stream/${prediction.id}`,
    },
  });
  const finish = (prediction) => {
    const fails = prediction.model.endsWith("/failing");
    prediction.now = fails ? { status: "failed", error: "NSFW content detected." }
      : { status: "succeeded", output: (prediction.output ??= outputOf(prediction.model)), metrics: { predict_time: 0.5 } };
  };

  function create(request, model) {
    if (refusals.length > 0) return { status: 429, json: throttled, headers: { "retry-after": "1", ...refusals.shift() } };
    if (model.endsWith("/invalid")) return { status: 422, json: invalid };
    const prediction = { id: `pred${predictions.size + 1}`, model, input: request.json.input, polls: 0, now: {} };
    predictions.set(prediction.id, prediction);
    if (/^wait/.test(request.headers.prefer ?? "") && !model.endsWith("/slow")) finish(prediction);
    return { status: 201, json: shown(prediction) };
  }

  function stream(id) {
    const prediction = predictions.get(id);
    finish(prediction);
    const events = [].concat(prediction.now.output).map((data) => `event: output\nid: 1\ndata: ${data}\n\n`);
    return { headers: { "content-type": "text/event-stream" }, body: events.join("") + "event: done\ndata: {}\n\n" };
  }

  function answer(request) {
    const { method, path } = request;
    if (files.has(path)) return { headers: { "content-type": "image/png" }, body: files.get(path) };
    if (path.startsWith("/stream/")) return stream(path.slice("/stream/".length));
    if (request.headers.authorization !== `Bearer ${token}`) return { status: 401, json: unauthenticated };
    const model = path.match(/^\/v1\/models\/([^/]+\/[^/]+)\/predictions$/)?.[1];
    if (method === "POST" && model) return create(request, model);
    if (method === "POST" && path === "/v1/predictions") return create(request, "acme/versioned");
    if (method === "POST" && path === "/v1/files") {
      return { status: 201, json: { id: "file1", urls: { get: `${fake.url}/v1/files/file1` } } };
    }
    if (path === "/v1/account") return { json: { type: "user", username: "ann" } };
    const [, id, cancelled] = path.match(/^\/v1\/predictions\/(\w+)(\/cancel)?$/) ?? [];
    const prediction = predictions.get(id);
    if (!prediction) return { status: 404, json: { detail: "The requested resource could not be found.", status: 404 } };
    if (cancelled) prediction.now = { status: "canceled" };
    else if (!prediction.now.status && ++prediction.polls > 1) finish(prediction);
    return { json: shown(prediction) };
  }

  return {
    ...fake, url: `${fake.url}/v1`, files, predictions,
    refuse: (times) => refusals.push(...Array(times).fill({})),
    creates: () => predictions.size,
  };
}
