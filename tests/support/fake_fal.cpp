#include "tests/support/fake_fal.h"

#include <openssl/evp.h>

#include <boost/json/serialize.hpp>

#include "base/digest.h"
#include "base/encoding.h"

namespace lightfast::test {

namespace json = boost::json;

struct FakeFal::Key {
  Key() {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr);
    EVP_PKEY_keygen_init(context);
    EVP_PKEY_keygen(context, &pair);
    EVP_PKEY_CTX_free(context);
  }
  ~Key() { EVP_PKEY_free(pair); }

  std::string public_half() const {
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    EVP_PKEY_get_raw_public_key(pair, reinterpret_cast<unsigned char*>(raw.data()), &size);
    return raw;
  }
  std::string sign(const std::string& message) const {
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, pair);
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(message.data()), message.size());
    EVP_MD_CTX_free(context);
    return signature;
  }

  EVP_PKEY* pair = nullptr;
};

FakeFal::FakeFal(std::string key)
    : FakeProvider({"Key " + key, R"({"detail":"Authentication is required to access this application."})",
                    [](const ServedRequest& request) { return request.method == "POST"; },
                    [this](const ServedRequest& request) { return answer_to(request); },
                    "/rest/.well-known/jwks.json"}),
      key_(std::move(key)),
      signing_key_(std::make_unique<Key>()) {}

FakeFal::~FakeFal() = default;

void FakeFal::script(Course course) {
  const std::lock_guard lock(mutex_);
  course_ = std::move(course);
}

std::string FakeFal::last_id() const {
  const std::lock_guard lock(mutex_);
  return queued_.empty() ? "" : queued_.rbegin()->first;
}

Headers FakeFal::sign(const std::string& request_id, const std::string& body, std::int64_t time) const {
  const std::string timestamp = std::to_string(time), user = "user-1";
  const std::string message = request_id + "\n" + user + "\n" + timestamp + "\n" + sha256(body).hex();
  return {{"X-Fal-Webhook-Request-Id", request_id},
          {"X-Fal-Webhook-User-Id", user},
          {"X-Fal-Webhook-Timestamp", timestamp},
          {"X-Fal-Webhook-Signature", to_hex(signing_key_->sign(message))}};
}

ServedAnswer FakeFal::answer_to(const ServedRequest& request) {
  const std::string path = path_of(request);
  if (path == "/rest/.well-known/jwks.json") {
    return json_answer(
        200, {{"keys", {{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", to_base64url(signing_key_->public_half())}}}}});
  }
  if (request.method == "POST" && path.starts_with("/queue/")) return submit(request);
  if (request.method == "POST" && path.starts_with("/run/")) {
    return json_answer(200, output_of(body_of(request)), "x-fal-request-id: run-1\r\n");
  }
  const auto requests = path.find("/requests/");
  if (request.method != "GET" || requests == std::string::npos) return json_answer(404, {{"detail", "Not Found"}});
  const std::string rest = path.substr(requests + 10);
  const auto slash = rest.find('/');
  return slash == std::string::npos ? result(rest) : status(rest.substr(0, slash));
}

// A data: URI where `sync_mode` asks for it.
json::value FakeFal::output_of(const json::object& input) {
  const json::value* sync_mode = input.if_contains("sync_mode");
  const bool is_inline = sync_mode && *sync_mode == json::value(true);
  const std::string url = is_inline ? "data:image/png;base64," + to_base64(next_png()) : host({.bytes = next_png()});
  return {{"images", {{{"url", url}, {"width", 8}, {"height", 6}, {"content_type", "image/png"}}}},
          {"timings", {{"inference", 1.25}}},
          {"seed", 42},
          {"has_nsfw_concepts", {false}},
          {"prompt", "cat"}};
}

// Of the endpoint's path only owner and name stand in the addresses.
ServedAnswer FakeFal::submit(const ServedRequest& request) {
  const json::object input = body_of(request);
  if (!input.contains("prompt")) {
    return json_answer(422, {{"detail", {{{"loc", {"body", "prompt"}}, {"msg", "field required"}}}}});
  }
  const std::string path = path_of(request);
  const std::string app = path.substr(7, path.find('/', path.find('/', 7) + 1) - 7);
  const std::lock_guard lock(mutex_);
  const std::string id = "fal-request-" + std::to_string(queued_.size() + 1);
  queued_[id] = {input, course_, 0};
  const std::string base = url("/queue/" + app + "/requests/" + id);
  const std::string status_url = course_.status_url.empty() ? base + "/status" : course_.status_url;
  return json_answer(200, {{"status", "IN_QUEUE"},
                           {"request_id", id},
                           {"response_url", base},
                           {"status_url", status_url},
                           {"cancel_url", base + "/cancel"},
                           {"queue_position", 0}});
}

ServedAnswer FakeFal::status(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = queued_.find(id);
  if (found == queued_.end()) return json_answer(404, {{"detail", "Request not found"}});
  const bool is_done = found->second.polls++ >= found->second.course.polls;
  if (!is_done) return json_answer(202, {{"status", "IN_PROGRESS"}, {"request_id", id}});
  return json_answer(200, {{"status", "COMPLETED"}, {"request_id", id}, {"metrics", {{"inference_time", 1.25}}}});
}

ServedAnswer FakeFal::result(const std::string& id) {
  Queued queued;
  {
    const std::lock_guard lock(mutex_);
    const auto found = queued_.find(id);
    if (found == queued_.end()) return json_answer(404, {{"detail", "Request not found"}});
    queued = found->second;
  }
  if (queued.course.result) {
    return answer(queued.course.result->status, queued.course.result->body, queued.course.result->headers);
  }
  return json_answer(200, queued.course.output.is_null() ? output_of(queued.input) : queued.course.output);
}

}  // namespace lightfast::test
