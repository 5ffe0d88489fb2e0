#include "server/providers/webhook_signature.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"

namespace lightfast::providers {
namespace {

using std::chrono::seconds;

// The example of the Standard Webhooks specification's reference libraries.
const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const std::string body = R"({"test": 2432232314})";
const Timestamp sent{seconds(1614265330)};
const std::string signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

bool fits(const WebhookHeaders& headers, std::string_view text, const std::vector<std::string>& secrets,
          Timestamp now = sent) {
  const auto verified = verify_webhook(headers, text, secrets, now);
  if (!verified) CHECK(verified.error().code == Errc::unauthorized);
  return verified.has_value();
}

TEST_CASE("a webhook signed by the specification's own example is accepted") {
  CHECK(fits({id, "1614265330", signature}, body, {secret}));
}

TEST_CASE("one of several signatures and one of several secrets is enough") {
  CHECK(fits({id, "1614265330", "v1,AAAA v2,x " + signature}, body, {secret}));
  CHECK(fits({id, "1614265330", "v1a,zzz  " + signature + " "}, body, {"whsec_AAAA", secret}));
}

TEST_CASE("a webhook that was changed in any part is refused") {
  CHECK_FALSE(fits({id, "1614265330", signature}, body + " ", {secret}));
  CHECK_FALSE(fits({id + "x", "1614265330", signature}, body, {secret}));
  CHECK_FALSE(fits({id, "1614265331", signature}, body, {secret}));
  CHECK_FALSE(fits({id, "1614265330", signature.substr(3)}, body, {secret}));
  CHECK_FALSE(fits({id, "1614265330", "v2," + signature.substr(3)}, body, {secret}));
  CHECK_FALSE(fits({id, "1614265330", signature + ","}, body, {secret}));
  CHECK_FALSE(fits({id, "1614265330", signature}, body, {"whsec_AAAA"}));
  for (std::size_t i = 0; i < body.size(); ++i) {
    std::string changed = body;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(fits({id, "1614265330", signature}, changed, {secret}));
  }
}

TEST_CASE("missing headers, no secrets and empty secrets are refused") {
  CHECK_FALSE(fits({"", "1614265330", signature}, body, {secret}));
  CHECK_FALSE(fits({id, "", signature}, body, {secret}));
  CHECK_FALSE(fits({id, "1614265330", ""}, body, {secret}));
  CHECK_FALSE(fits({id, "1614265330", signature}, body, {}));
  for (const char* empty : {"", "whsec_", "whsec_***"}) {
    const auto forged = sign_webhook("", id, body, sent);
    CHECK_FALSE(fits({forged[0].second, forged[1].second, forged[2].second}, body, {empty}));
  }
}

TEST_CASE("a webhook is good for five minutes either way") {
  CHECK(fits({id, "1614265330", signature}, body, {secret}, sent + seconds(300)));
  CHECK_FALSE(fits({id, "1614265330", signature}, body, {secret}, sent + seconds(301)));
  CHECK(fits({id, "1614265330", signature}, body, {secret}, sent - seconds(300)));
  CHECK_FALSE(fits({id, "1614265330", signature}, body, {secret}, sent - seconds(301)));
  for (const char* time : {"x", "1614265330x", " 1614265330", "-1", "9223372036854775807", "-9223372036854775808",
                           "99999999999999999999", "1614265330.0"}) {
    INFO(time);
    CHECK_FALSE(fits({id, time, signature}, body, {secret}));
  }
}

TEST_CASE("our own webhooks verify with the same secret, plain or in its whsec_ form") {
  const std::string key = "a signing key of ours";
  const auto headers = sign_webhook(key, "msg_1", "{}", sent);
  CHECK(headers[0] == std::pair<std::string, std::string>("webhook-id", "msg_1"));
  CHECK(headers[1] == std::pair<std::string, std::string>("webhook-timestamp", "1614265330"));
  const WebhookHeaders received{headers[0].second, headers[1].second, headers[2].second};
  CHECK(fits(received, "{}", {key}));
  CHECK(fits(received, "{}", {"whsec_" + to_base64(key)}));
  CHECK(sign_webhook(secret, id, body, sent)[2].second == signature);
}

}  // namespace
}  // namespace lightfast::providers
