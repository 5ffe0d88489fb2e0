// The official `@fal-ai/client`, with one line changed: proxyUrl.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiError, createFalClient, ValidationError } from "@fal-ai/client";
import { credentials, startFal } from "./fake_fal.mjs";
import { bytesAt, key, startWorld } from "./world.mjs";

let provider, world, fal;

before(async () => {
  provider = await startFal();
  const { url } = provider;
  world = await startWorld({ FAL_KEY: credentials, FAL_QUEUE_URL: url, FAL_RUN_URL: url, FAL_REST_URL: url });
  fal = createFalClient({ credentials: key, proxyUrl: { url: `${world.url}/fal/proxy`, when: "always" } });
});
after(async () => {
  await world?.stop();
  await provider?.stop();
});

async function checkHosted(image) {
  assert.ok(image.url.startsWith(`${world.url}/v1/images/hosted/`), image.url);
  const bytes = await bytesAt(image.url);
  assert.ok(provider.lastPicture().equals(bytes));
  assert.equal(image.content_type, "image/png");
  assert.equal(image.file_size, bytes.length);
}

test("subscribe gives hosted images under the provider's request id", async () => {
  const states = [];
  const result = await fal.subscribe("acme/flux/dev", {
    input: { prompt: "a pier" }, pollInterval: 10, onQueueUpdate: (state) => states.push(state.status),
  });
  await checkHosted(result.data.images[0]);
  assert.equal(result.data.seed, 42);
  assert.match(result.requestId, /^request-/);
  assert.equal(states.at(-1), "COMPLETED");
});

test("run, which asks directly", async () => {
  const result = await fal.run("acme/direct", { input: { prompt: "a pier" } });
  await checkHosted(result.data.images[0]);
  assert.equal(result.requestId, "direct-1");
});

test("stream, whose events and end hold hosted images", async () => {
  const stream = await fal.stream("acme/direct", { input: { prompt: "a pier" } });
  const seen = [];
  for await (const event of stream) seen.push(event);
  assert.deepEqual(seen[0], { progress: 0.5 });
  await checkHosted(seen.at(-1).images[0]);
  const end = await stream.done();
  assert.equal(end.images[0].url, seen.at(-1).images[0].url);
});

test("the queue step by step, its stream of states, and the same URL for the same result", async () => {
  const { request_id: requestId } = await fal.queue.submit("acme/flux/dev", { input: { prompt: "a pier" } });
  const stream = await fal.queue.streamStatus("acme/flux/dev", { requestId, connectionMode: "server" });
  const seen = [];
  for await (const state of stream) seen.push(state.status);
  assert.deepEqual(seen, ["IN_PROGRESS", "COMPLETED"]);
  const first = await fal.queue.result("acme/flux/dev", { requestId });
  await checkHosted(first.data.images[0]);
  const second = await fal.queue.result("acme/flux/dev", { requestId });
  assert.equal(second.data.images[0].url, first.data.images[0].url);
  await fal.queue.cancel("acme/flux/dev", { requestId });
});

test("what a caller uploads goes to the provider's storage under the provider's URL", async () => {
  const url = await fal.storage.upload(new Blob(["bytes"], { type: "image/png" }));
  assert.equal(url, "https://v3.fal.media/files/x.png");
});

test("failures are the SDK's own errors", async () => {
  await assert.rejects(fal.run("acme/direct", { input: { prompt: "" } }), (error) => {
    assert.ok(error instanceof ValidationError, error.name);
    assert.equal(error.status, 422);
    return error.fieldErrors[0].msg === "field required";
  });
  await assert.rejects(fal.run("acme/nothing", { input: { prompt: "x" } }),
    (error) => error instanceof ApiError && error.status === 404);
  const stranger = createFalClient({ credentials: "nobody", proxyUrl: { url: `${world.url}/fal/proxy`, when: "always" } });
  await assert.rejects(stranger.run("acme/direct", { input: { prompt: "x" } }),
    (error) => error instanceof ApiError && error.status === 401);
});
