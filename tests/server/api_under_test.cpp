#include "tests/server/api_under_test.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "db/access.h"
#include "server/http/request_target.h"
#include "tests/support/catch_result.h"
#include "tests/support/run_task.h"

namespace lightfast::test {
namespace {

const std::string full_key = "full-0123456789abcdef-key";

Config config_in(const std::filesystem::path& folder) {
  Config config;
  config.images = folder / "images";
  config.database = folder / "lightfast.db";
  config.public_base_url = "http://localhost:8080";
  config.api_keys = {full_key};
  return config;
}

class TextBody final : public http::BodyReader {
 public:
  explicit TextBody(std::string_view text) : text_(text) {}
  Task<Result<std::span<const std::byte>>> read() override {
    const auto bytes = std::as_bytes(std::span(text_.data(), text_.size()));
    text_ = {};
    co_return bytes;
  }
  std::optional<std::uint64_t> content_length() const override { return text_.size(); }

 private:
  std::string_view text_;
};

http::Method method_of(const std::string& text) {
  if (text == "GET") return http::Method::get;
  if (text == "POST") return http::Method::post;
  if (text == "PUT") return http::Method::put;
  if (text == "DELETE") return http::Method::delete_;
  return http::Method::other;
}

}  // namespace

ApiUnderTest::ApiUnderTest() {
  const Config config = config_in(folder_.path());
  app_ = App::open(config, log_, OpenMode::create).value();
  api_ = std::make_unique<Api>(*app_, cache_, jobs_executor_.get_executor(), load_secrets(*app_).value());
  make_keys();
  REQUIRE(api_->start());
  const auto token = call("POST", "/v1/tokens", "full", R"({"user_id":"ana"})");
  credentials_["token"] = std::string(boost::json::parse(text_of(token)).at("token").as_string());
  const auto response =
      call("POST", "/v1/images/import", "full", R"({"user_id":"ana","url":"http://127.0.0.1:9/never.png"})");
  job = boost::json::parse(text_of(response)).at("job_id").as_string();
}

std::string ApiUnderTest::make_key(guard::NewKey wanted) {
  return run_task(api_->keys().create(std::move(wanted))).value().key;
}

void ApiUnderTest::make_keys() {
  const UserId ana = UserId::parse("ana").value(), bob = UserId::parse("bob").value();
  credentials_["none"] = "";
  credentials_["wrong"] = guard::make_api_key();
  credentials_["full"] = full_key;
  credentials_["ana"] = make_key({"ana", ana, {true, true, false}, std::nullopt});
  credentials_["bob"] = make_key({"bob", bob, {true, true, false}, std::nullopt});
  credentials_["read"] = make_key({"read", std::nullopt, {true, false, false}, std::nullopt});
  credentials_["write"] = make_key({"write", std::nullopt, {false, true, false}, std::nullopt});
  credentials_["admin"] = make_key({"admin", std::nullopt, {false, false, true}, std::nullopt});
  credentials_["revoked"] = make_key({"revoked", std::nullopt, guard::Scopes::all(), std::nullopt});
  REQUIRE(run_task(api_->keys().revoke("revoked")));

  credentials_["expired"] = guard::make_api_key();
  db::ApiKeyRecord expired{.name = "expired", .secret_hash = sha256(credentials_["expired"])};
  expired.id = guard::key_id_of(expired.secret_hash);
  expired.scopes = guard::Scopes::all().str();
  expired.expires_at = app_->clock().now();
  REQUIRE(
      db::commit_blocking(app_->database(), [&](db::Session& session) { return session.api_keys().insert(expired); }));
}

http::Response ApiUnderTest::call(const std::string& method, const std::string& target, const std::string& credential,
                                  const std::string& body) {
  http::Request request;
  request.method = method_of(method);
  request.method_text = method;
  request.target = target;
  REQUIRE(http::parse_target(request));
  const std::string& key = credentials_.at(credential);
  if (!key.empty()) request.headers.add("Authorization", "Bearer " + key);
  request.headers.add("Content-Length", std::to_string(body.size()));
  request.headers.add("Prefer", "respond-async");
  TextBody reader(body);
  request.body = &reader;
  const auto match = api_->router().match(request);
  INFO(method << " " << target);
  REQUIRE(match.route != nullptr);
  pattern = match.route->pattern;
  return run_task(match.route->handler(request));
}

std::string text_of(const http::Response& response) {
  std::string text;
  for (const auto& part : response.body) text += std::get<std::string>(part);
  return text;
}

}  // namespace lightfast::test
