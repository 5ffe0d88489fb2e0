// The official `replicate`, with one line changed: baseUrl.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Replicate from "replicate";
import { startReplicate, token } from "./fake_replicate.mjs";
import { bytesAt, key, startWorld } from "./world.mjs";

let provider, world, replicate;

before(async () => {
  provider = await startReplicate();
  world = await startWorld({ REPLICATE_API_TOKEN: token, REPLICATE_BASE_URL: provider.url });
  replicate = new Replicate({ auth: key, baseUrl: `${world.url}/replicate/v1` });
});
after(async () => {
  await world?.stop();
  await provider?.stop();
});

const isHosted = (url) => String(url).startsWith(`${world.url}/v1/images/hosted/`);
const madeBytes = () => [...provider.files.values()].at(-1);

async function sameBytes(output) {
  assert.ok(isHosted(output.url()), String(output.url()));
  const blob = await output.blob();
  assert.equal(blob.type, "image/png");
  assert.ok(madeBytes().equals(Buffer.from(await blob.arrayBuffer())));
  assert.ok(madeBytes().equals(await bytesAt(output.url())));
}

test("run gives a file whose bytes are the hosted ones", async () => {
  await sameBytes(await replicate.run("acme/one", { input: { prompt: "a pier" } }));
});

test("run that polls, and a prediction that takes its time, end alike", async () => {
  await sameBytes(await replicate.run("acme/slow", { input: { prompt: "a pier" }, wait: { mode: "poll", interval: 10 } }));
  await sameBytes(await replicate.run("acme/slow", { input: { prompt: "a pier" } }));
});

test("lists, objects and texts keep their shape", async () => {
  const many = await replicate.run("acme/many", { input: { prompt: "a pier" } });
  assert.equal(many.length, 2);
  assert.ok(many.every((output) => isHosted(output.url())));
  const object = await replicate.run("acme/object", { input: { prompt: "a pier" } });
  assert.equal(object.score, 0.5);
  assert.ok(isHosted(object.image.url()));
  assert.deepEqual(await replicate.run("acme/words", { input: { prompt: "a pier" } }), ["a ", "lighthouse"]);
});

test("a prediction that is created and waited for has the same hosted URL whenever it is read", async () => {
  const created = await replicate.predictions.create({ model: "acme/slow", input: { prompt: "a pier" } });
  const done = await replicate.wait(created, { interval: 10 });
  assert.equal(done.status, "succeeded");
  assert.ok(isHosted(done.output), done.output);
  assert.equal((await replicate.predictions.get(done.id)).output, done.output);
  assert.ok(done.urls.get.startsWith(`${world.url}/replicate/v1/`), done.urls.get);
});

test("a stream's images are hosted", async () => {
  const seen = [];
  for await (const event of replicate.stream("acme/many", { input: { prompt: "a pier" } })) seen.push(event);
  const outputs = seen.filter((event) => event.event === "output").map((event) => event.data);
  assert.equal(outputs.length, 2);
  assert.ok(outputs.every(isHosted), outputs.join());
  assert.equal(seen.at(-1).event, "done");
});

test("a file that is sent goes to the provider, and its URL comes back as the provider gave it", async () => {
  await replicate.run("acme/one", { input: { prompt: "a pier", image: Buffer.from("bytes") } });
  const sent = [...provider.predictions.values()].at(-1).input;
  assert.ok(sent.image.startsWith(provider.url), sent.image);
});

test("a canceled prediction is", async () => {
  const created = await replicate.predictions.create({ model: "acme/slow", input: { prompt: "a pier" } });
  assert.equal((await replicate.predictions.cancel(created.id)).status, "canceled");
});

test("failures are the SDK's own errors", async () => {
  await assert.rejects(replicate.run("acme/failing", { input: { prompt: "x" } }), /Prediction failed: NSFW content/);
  await assert.rejects(replicate.run("acme/invalid", { input: {} }), (error) => {
    assert.equal(error.name, "ApiError");
    assert.equal(error.response.status, 422);
    return /prompt is required/.test(error.message);
  });
  const stranger = new Replicate({ auth: "nobody", baseUrl: `${world.url}/replicate/v1` });
  await assert.rejects(stranger.run("acme/one", { input: { prompt: "x" } }), (error) => error.response?.status === 401);
});

test("a rate limit is waited out here, and paid for once", async () => {
  const before = provider.creates();
  provider.refuse(1);
  await sameBytes(await replicate.run("acme/one", { input: { prompt: "a pier" } }));
  assert.equal(provider.creates(), before + 1);
});

test("every provider URL that was seen leads to its image", async () => {
  const output = await replicate.run("acme/one", { input: { prompt: "a pier" } });
  const seen = provider.url.replace("/v1", "") + [...provider.files.keys()].at(-1);
  const answer = await fetch(`${world.url}/v1/resolve?url=${encodeURIComponent(seen)}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal((await answer.json()).url, String(output.url()));
});
