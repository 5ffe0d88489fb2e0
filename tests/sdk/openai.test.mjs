// The official `openai`, with one line changed: baseURL.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { apiKey, startOpenai } from "./fake_openai.mjs";
import { png } from "./pictures.mjs";
import { bytesAt, key, startWorld } from "./world.mjs";

let provider, world, openai;

before(async () => {
  provider = await startOpenai();
  world = await startWorld({ OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: provider.url });
  openai = new OpenAI({ apiKey: key, baseURL: `${world.url}/openai/v1` });
});
after(async () => {
  await world?.stop();
  await provider?.stop();
});

const isHosted = (url) => String(url).startsWith(`${world.url}/v1/images/hosted/`);

test("an image by URL is hosted, and what stands beside it is left alone", async () => {
  const { data } = await openai.images.generate({ model: "dall-e-3", prompt: "a pier" });
  assert.ok(isHosted(data[0].url), data[0].url);
  assert.equal(data[0].revised_prompt, "a pier, revised");
  assert.ok(provider.lastPicture().equals(await bytesAt(data[0].url)));
});

test("several images are hosted each", async () => {
  const { data } = await openai.images.generate({ model: "dall-e-2", prompt: "a pier", n: 2 });
  assert.equal(new Set(data.map((image) => image.url)).size, 2);
  assert.ok(data.every((image) => isHosted(image.url)));
});

test("gpt-image gives base64 and a URL beside it, and the URL alone where that was asked for", async () => {
  const both = await openai.images.generate({ model: "gpt-image-1", prompt: "a pier" });
  assert.ok(provider.lastPicture().equals(Buffer.from(both.data[0].b64_json, "base64")));
  assert.ok(provider.lastPicture().equals(await bytesAt(both.data[0].url)));
  assert.equal(both.usage.total_tokens, 100);

  const alone = await openai.images.generate({ model: "gpt-image-1", prompt: "a pier", response_format: "url" });
  assert.equal(alone.data[0].b64_json, undefined);
  assert.ok(provider.lastPicture().equals(await bytesAt(alone.data[0].url)));
});

test("an edit of a file", async () => {
  const image = await toFile(png(7), "pier.png", { type: "image/png" });
  const edited = await openai.images.edit({ model: "gpt-image-1", image, prompt: "at night" });
  assert.ok(provider.lastPicture().equals(await bytesAt(edited.data[0].url)));
});

test("a stream's last image has a URL beside its bytes", async () => {
  const stream = await openai.images.generate({ model: "gpt-image-1", prompt: "a pier", stream: true, partial_images: 1 });
  const events = [];
  for await (const event of stream) events.push(event);
  assert.deepEqual(events.map((event) => event.type), ["image_generation.partial_image", "image_generation.completed"]);
  assert.ok(provider.lastPicture().equals(await bytesAt(events[1].url)));
});

test("other calls go through", async () => {
  const models = await openai.models.list();
  assert.equal(models.data[0].id, "gpt-image-1");
});

test("failures are the SDK's own errors", async () => {
  const once = openai.withOptions({ maxRetries: 0 });
  await assert.rejects(openai.images.generate({ model: "dall-e-3", prompt: "" }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError, error.name);
    assert.equal(error.param, "prompt");
    return error.code === "missing_required_parameter";
  });
  provider.refuse(provider.moderated());
  await assert.rejects(openai.images.generate({ model: "gpt-image-1", prompt: "x" }),
    (error) => error instanceof OpenAI.BadRequestError && error.code === "moderation_blocked");
  await assert.rejects(once.models.retrieve("none"), OpenAI.NotFoundError);
  const stranger = new OpenAI({ apiKey: "nobody", baseURL: `${world.url}/openai/v1` });
  await assert.rejects(stranger.images.generate({ model: "dall-e-3", prompt: "x" }), OpenAI.AuthenticationError);
});

test("a rate limit is waited out here or said to be one", async () => {
  provider.refuse(provider.throttled());
  const once = openai.withOptions({ maxRetries: 0 });
  const outcome = await once.images.generate({ model: "dall-e-3", prompt: "a pier" }).catch((error) => error);
  assert.ok(outcome instanceof OpenAI.RateLimitError || isHosted(outcome.data?.[0].url), String(outcome));
});

test("with the provider's own credentials beside a Lightfast key it works as well", async () => {
  const own = new OpenAI({
    apiKey, baseURL: `${world.url}/openai/v1`, defaultHeaders: { "X-Lightfast-Key": key, "X-Lightfast-User": "ann" },
  });
  const { data } = await own.images.generate({ model: "dall-e-3", prompt: "a pier" });
  assert.ok(data[0].url.startsWith(`${world.url}/v1/images/hosted/ann/`), data[0].url);
});
