#include "server/proxy/caller_webhooks.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "server/http/request_target.h"
#include "server/providers/webhook_signature.h"

namespace lightfast::proxy {
namespace {

constexpr std::chrono::hours address_lifetime{24};  // a prediction waits and runs, and its end is told again
constexpr std::chrono::seconds answer_time{15};

}  // namespace

std::string webhook_secret(std::string_view signing_key, const UserId& user) {
  return "whsec_" + to_base64(hmac_sha256(signing_key, "lightfast drop-in webhooks 1 " + user.str()));
}

CallerWebhooks::CallerWebhooks(HttpClient& client, const images::ImageUrls& urls, const images::UrlSigner& links,
                               std::string signing_key, const Clock& clock, Logger& log, Metrics& metrics)
    : client_(client),
      urls_(urls),
      links_(links),
      signing_key_(std::move(signing_key)),
      clock_(clock),
      log_(log),
      metrics_(metrics) {}

std::optional<std::string> CallerWebhooks::take_over(std::string_view path, std::string_view url,
                                                     const Customer& customer) const {
  const std::string target = std::string(path) + "/" + to_base64url(url) +
                             "?user=" + percent_encode(customer.user.str()) +
                             "&paid=" + (customer.spends_ours ? "ours" : "theirs");
  const auto address = urls_.own_url(links_.sign(target, clock_.now() + address_lifetime));
  if (!address || !are_taken_over()) return std::nullopt;
  return *address;
}

bool CallerWebhooks::are_taken_over() const {
  const auto own = urls_.own_url("");
  return own && own->starts_with("https://");
}

std::optional<std::string> CallerWebhooks::taken_over(std::string_view path, std::string_view address) const {
  const auto begin = urls_.own_url(std::string(path) + "/");
  if (!begin || !address.starts_with(*begin)) return std::nullopt;
  const auto token = address.substr(begin->size());
  return from_base64(token.substr(0, token.find('?')));
}

Result<WebhookOrder> CallerWebhooks::read(const http::Request& request) const {
  const auto target = http::path_and_query(request.target).value_or("");
  if (auto valid = links_.verify(target, clock_.now()); !valid) return valid.error();
  const std::string* user_text = request.query.find("user");
  const std::string* paid = request.query.find("paid");
  auto url = from_base64(request.segments.back());
  auto user = UserId::parse(user_text != nullptr ? *user_text : std::string());
  if (!url || !user || paid == nullptr) {
    return Error{Errc::signature_invalid, "this address was not made by this server"};
  }
  WebhookOrder order;
  order.url = std::move(*url);
  order.customer.user = std::move(*user);
  order.customer.spends_ours = *paid == "ours";
  return order;
}

Task<Result<void>> CallerWebhooks::send_on(WebhookOrder order, std::string provider, std::string id, std::string body) {
  HttpCall call;
  call.method = "POST";
  call.url = order.url;
  call.body = std::move(body);
  call.headers = providers::sign_webhook(secret_of(order.customer.user), id, call.body, clock_.now());
  call.headers.emplace_back("Content-Type", "application/json");
  call.timeout = answer_time;
  auto answer = co_await client_.fetch(std::move(call));
  const bool delivered = answer && answer->status / 100 == 2;
  metrics_
      .counter("lightfast_dropin_webhooks_total", "Webhooks of providers sent on to callers of drop-in endpoints.",
               {{"provider", provider}, {"outcome", delivered ? "ok" : "failed"}})
      .add();
  if (delivered) co_return Result<void>();
  const std::string reason = answer ? "it answered " + std::to_string(answer->status) : answer.error().error.detail;
  log_.warning("a drop-in's webhook could not be sent on", {{"provider", provider}, {"reason", reason}});
  co_return Error{Errc::provider_failed, "the receiver of this webhook did not take it: " + reason};
}

}  // namespace lightfast::proxy
