// OpenAI's images as their documentation has them, as far as the SDK goes.
import { png } from "./pictures.mjs";
import { startFake } from "./world.mjs";

export const apiKey = "sk-fake-key";

const problem = (status, type, param, code, message) => ({
  status, headers: { "x-request-id": "req_fake" }, json: { error: { message, type, param, code } },
});

export async function startOpenai() {
  const files = new Map(), refusals = [];
  let made = 0;
  const fake = await startFake((request) => answer(request));

  // One field of JSON, or of a form; its files by name alone.
  const field = (request, name) => {
    if (request.json) return request.json[name];
    const part = request.body.toString("latin1").split(/--[^\r\n]+\r\n/).find((text) => text.includes(`name="${name}"`));
    return part?.split("\r\n\r\n")[1]?.split("\r\n")[0];
  };
  const linked = () => {
    const path = `/private/org-1/img-${++made}.png`;
    files.set(path, png(made));
    return { url: `${fake.url}${path}?se=2099-01-01T00%3A00%3A00Z&sig=a%2Bb/c%3D`, revised_prompt: "a pier, revised" };
  };
  const inlined = () => ({ b64_json: png(++made).toString("base64") });

  function make(request) {
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      return problem(401, "invalid_request_error", null, "invalid_api_key", "Incorrect API key provided");
    }
    if (refusals.length > 0) return refusals.shift();
    const model = field(request, "model") ?? "dall-e-2";
    const isGpt = model.startsWith("gpt-image");
    if (isGpt && field(request, "response_format")) {
      return problem(400, "invalid_request_error", "response_format", "unknown_parameter",
        "Unknown parameter: 'response_format'.");
    }
    if (!field(request, "prompt")) {
      return problem(400, "invalid_request_error", "prompt", "missing_required_parameter", "Missing prompt.");
    }
    if (request.json?.stream) return streamed();
    const isInlined = isGpt || field(request, "response_format") === "b64_json";
    const data = Array.from({ length: Number(field(request, "n") ?? 1) }, isInlined ? inlined : linked);
    const usage = isGpt ? { usage: { total_tokens: 100, input_tokens: 50, output_tokens: 50 } } : {};
    return { headers: { "x-request-id": "req_fake" }, json: { created: 1713833628, data, ...usage } };
  }

  function streamed() {
    const event = (type, more) => `event: ${type}\ndata: ${JSON.stringify({ type, created_at: 1, ...more })}\n\n`;
    const body = event("image_generation.partial_image", { ...inlined(), partial_image_index: 0 }) +
      event("image_generation.completed", { ...inlined(), usage: { total_tokens: 100 } });
    return { headers: { "content-type": "text/event-stream" }, body };
  }

  function answer(request) {
    if (files.has(request.path)) {
      const isSigned = request.query.get("sig") === "a+b/c=";
      return isSigned ? { headers: { "content-type": "image/png" }, body: files.get(request.path) } : { status: 403 };
    }
    if (request.path.startsWith("/v1/images/")) return make(request);
    if (request.path === "/v1/models") return { json: { object: "list", data: [{ id: "gpt-image-1", object: "model" }] } };
    return problem(404, "invalid_request_error", null, null, `Invalid URL (${request.method} ${request.path})`);
  }

  return {
    ...fake, url: `${fake.url}/v1`, made: () => made, lastPicture: () => png(made),
    refuse: (...answers) => refusals.push(...answers),
    throttled: () => problem(429, "requests", null, "rate_limit_exceeded", "Rate limit reached. Try again in 1s."),
    moderated: () => problem(400, "image_generation_user_error", null, "moderation_blocked", "Rejected by safety system."),
  };
}
