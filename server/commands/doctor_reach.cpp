#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <future>

#include "base/http_client.h"
#include "base/workers.h"
#include "server/commands/doctor_checks.h"
#include "server/providers/registry.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds patience{10};

HttpResult fetch(HttpClient& client, HttpCall call) {
  std::promise<HttpResult> answered;
  client.start(std::move(call), [&](HttpResult result) { answered.set_value(std::move(result)); });
  return answered.get_future().get();
}

std::string instance_in(const std::string& body) {
  boost::system::error_code problem;
  const json::value answer = json::parse(body, problem);
  const auto* object = problem ? nullptr : answer.if_object();
  const auto* instance = object == nullptr ? nullptr : object->if_contains("instance");
  return instance != nullptr && instance->is_string() ? std::string(instance->as_string()) : std::string();
}

Check credentials_of(providers::Provider& provider) {
  const std::string name = "provider " + std::string(provider.name());
  boost::asio::io_context context;
  std::optional<Result<std::string>> outcome;
  boost::asio::co_spawn(context, provider.check_credentials(),
                        [&](std::exception_ptr problem, Result<std::string> told) {
                          if (problem) std::rethrow_exception(problem);
                          outcome.emplace(std::move(told));
                        });
  context.run();
  if (outcome->has_value()) return {name, Verdict::ok, **outcome, ""};
  return {name, Verdict::failed, explain(outcome->error()), "check its token, its base URL and the account behind it"};
}

}  // namespace

void check_public_url(const Config& config, const Clock&, const KnownFacts& facts, Checks& checks) {
  const std::string& url = config.public_base_url;
  if (url.empty()) {
    checks.push_back({"public URL", Verdict::failed, "PUBLIC_BASE_URL is not set, and the platform tells no domain",
                      "set it: new images are refused until then"});
    return;
  }
  HttpClient client({.name = "doctor"});
  HttpCall call{.url = url + "/healthz", .timeout = patience};
  const HttpResult result = fetch(client, std::move(call));
  const bool is_local = url.find("://localhost") != url.npos || url.find("://127.0.0.1") != url.npos;
  if (!result) {
    const std::string advice = "start the server, then look at DNS, the proxy and its certificate";
    checks.push_back({"public URL", is_local ? Verdict::warning : Verdict::failed,
                      url + " does not answer: " + result.error().error.detail, advice});
    return;
  }
  const std::string instance = instance_in(result->body);
  if (result->status != 200 || instance.empty()) {
    checks.push_back({"public URL", Verdict::failed,
                      url + "/healthz answers " + std::to_string(result->status) + ", and not as Lightfast does",
                      "let PUBLIC_BASE_URL lead to this server"});
  } else if (!facts.instance.empty() && instance != facts.instance) {
    checks.push_back({"public URL", Verdict::failed, url + " leads to a Lightfast with another database",
                      "let PUBLIC_BASE_URL lead to this server: its URLs are written into every answer"});
  } else if (is_local) {
    checks.push_back({"public URL", Verdict::warning, url + " leads here, but only from this machine",
                      "set PUBLIC_BASE_URL to the address that your users reach"});
  } else if (url.starts_with("http://")) {
    checks.push_back({"public URL", Verdict::warning, url + " leads here, unencrypted",
                      "put a proxy with a certificate before it: keys travel in the clear"});
  } else {
    checks.push_back({"public URL", Verdict::ok, url + " leads here", ""});
  }
}

void check_providers(const Config& config, const Clock& clock, Checks& checks) {
  HttpClient client({.name = "doctor"});
  Workers workers("doctor", 1, 16);
  auto registry =
      providers::Registry::open({config.default_provider, config.replicate_api_token, config.replicate_base_url},
                                client, workers, clock);
  if (!registry) {
    checks.push_back(
        {"providers", Verdict::failed, "DEFAULT_PROVIDER: " + registry.error().detail, "name one that is configured"});
    return;
  }
  for (const auto name : registry->names()) checks.push_back(credentials_of(**registry->find(name)));
  if (registry->default_provider().name() == "sample") {
    checks.push_back({"providers", Verdict::warning, "only the built-in `sample` draws images",
                      "set REPLICATE_API_TOKEN to have real ones made"});
  }
}

}  // namespace lightfast::commands
