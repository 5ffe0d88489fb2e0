#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <future>

#include "base/http_client.h"
#include "base/workers.h"
#include "server/commands/doctor_checks.h"
#include "server/ingest/address_guard.h"
#include "server/providers/registry.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds patience{10};
constexpr const char* nobody = "192.0.2.1";  // an address for documents (RFC 5737)

HttpResult fetch(HttpClient& client, HttpCall call) {
  std::promise<HttpResult> answered;
  client.start(std::move(call), [&](HttpResult result) { answered.set_value(std::move(result)); });
  return answered.get_future().get();
}

// A text in a JSON object; empty: there is none.
std::string member_in(const std::string& body, std::string_view name) {
  boost::system::error_code problem;
  const json::value answer = json::parse(body, problem);
  const auto* object = problem ? nullptr : answer.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string();
}

bool is_local(const std::string& url) {
  return url.find("://localhost") != url.npos || url.find("://127.0.0.1") != url.npos;
}

// Whom the server behind a public URL takes us for, when we send these fields; nullopt: it does not tell.
std::optional<IpAddress> client_seen(HttpClient& client, const std::string& url, HttpHeaders fields) {
  if (url.empty() || is_local(url)) return std::nullopt;
  HttpCall call{.url = url + "/healthz", .headers = std::move(fields), .timeout = patience};
  const HttpResult result = fetch(client, std::move(call));
  return result ? IpAddress::parse(member_in(result->body, "client")) : std::nullopt;
}

bool is_everybody(const IpNetwork& network) {
  return network.prefix_bits == 0 || (network.prefix_bits == 96 && network.address.is_v4());
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
  if (!result) {
    const std::string advice = "start the server, then look at DNS, the proxy and its certificate";
    checks.push_back({"public URL", is_local(url) ? Verdict::warning : Verdict::failed,
                      url + " does not answer: " + result.error().error.detail, advice});
    return;
  }
  const std::string instance = member_in(result->body, "instance");
  if (result->status != 200 || instance.empty()) {
    checks.push_back({"public URL", Verdict::failed,
                      url + "/healthz answers " + std::to_string(result->status) + ", and not as Lightfast does",
                      "let PUBLIC_BASE_URL lead to this server"});
  } else if (!facts.instance.empty() && instance != facts.instance) {
    checks.push_back({"public URL", Verdict::failed, url + " leads to a Lightfast with another database",
                      "let PUBLIC_BASE_URL lead to this server: its URLs are written into every answer"});
  } else if (is_local(url)) {
    checks.push_back({"public URL", Verdict::warning, url + " leads here, but only from this machine",
                      "set PUBLIC_BASE_URL to the address that your users reach"});
  } else if (url.starts_with("http://")) {
    checks.push_back({"public URL", Verdict::warning, url + " leads here, unencrypted",
                      "put a proxy with a certificate before it: keys travel in the clear"});
  } else {
    checks.push_back({"public URL", Verdict::ok, url + " leads here", ""});
  }
}

void check_proxies(const Config& config, Checks& checks) {
  const auto& trusted = config.trusted_proxies;
  if (std::any_of(trusted.begin(), trusted.end(), is_everybody)) {
    checks.push_back({"proxies", Verdict::failed, "TRUSTED_PROXIES believes everybody: callers choose their address",
                      "name the networks that your proxies connect from"});
    return;
  }
  HttpClient client({.name = "doctor"});
  const auto believed =
      client_seen(client, config.public_base_url, {{"X-Real-IP", nobody}, {"X-Forwarded-For", nobody}});
  const auto seen = client_seen(client, config.public_base_url, {});
  if (!believed || !seen) {
    const auto count = std::to_string(trusted.size()) + " networks are trusted";
    checks.push_back({"proxies", Verdict::ok, count + "; not tried, for want of a public URL that answers", ""});
  } else if (believed->str() == nobody) {
    checks.push_back({"proxies", Verdict::failed, "whoever sends X-Real-IP or X-Forwarded-For chooses his address",
                      "let the proxy set X-Real-IP itself, or take it out of TRUSTED_PROXIES"});
  } else if (!ingest::is_public(*seen)) {
    checks.push_back({"proxies", Verdict::warning, "through the public URL we come from " + seen->str(),
                      "if that is a proxy, name its network in TRUSTED_PROXIES: else all its clients count as one"});
  } else {
    checks.push_back({"proxies", Verdict::ok, "through the public URL we come from " + seen->str(), ""});
  }
}

void check_providers(const Config& config, const Clock& clock, Checks& checks) {
  HttpClient client({.name = "doctor"});
  Workers workers("doctor", 1, 16);
  auto registry = providers::Registry::open(config.providers, client, workers, clock);
  if (!registry) {
    checks.push_back(
        {"providers", Verdict::failed, "DEFAULT_PROVIDER: " + registry.error().detail, "name one that is configured"});
    return;
  }
  for (const auto name : registry->names()) checks.push_back(credentials_of(**registry->find(name)));
  if (registry->default_provider().name() == "sample") {
    checks.push_back({"providers", Verdict::warning, "only the built-in `sample` draws images",
                      "set a provider's key to have real ones made: docs/providers.md"});
  }
}

}  // namespace lightfast::commands
