// /fal/proxy: what fal's own SDKs take for a proxy of theirs, with hosted images in the results. Any thread; it must
// outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "server/proxy/caller_webhooks.h"
#include "server/proxy/drop_in.h"
#include "server/proxy/fal_target.h"

namespace lightfast::proxy {

class FalDropIn {
 public:
  static constexpr const char* path = "/fal/proxy";
  static constexpr const char* webhooks_path = "/fal/lightfast-webhooks";  // and a word that this server made

  static constexpr std::uint64_t webhook_limit = 32 << 20;  // of its body

  FalDropIn(DropIn& common, providers::FalApi api, CallerWebhooks& webhooks);

  Task<http::Response> handle(http::Request& request);
  // What fal posts for a caller to an address of ours.
  Task<Result<http::Response>> take_webhook(http::Request& request);

 private:
  class ResultEvents;

  Task<Result<http::Response>> answer(Visit& visit, const std::string& wanted);
  Task<Result<http::Response>> change_result(const Visit& visit, HttpStream answer, Making making);
  Task<http::Response> change_events(HttpStream answer, Making making);
  Task<Result<http::Response>> send_on(WebhookOrder order, std::string message, std::string body);
  // As far as the request tells.
  Task<Making> making_of(const Visit& visit, const fal::Target& target);

  // The images of a result, which tells the rest of their making.
  static Task<Rehosted> host(DropIn& common, boost::json::value& result, Making making, SteadyTime deadline);

  DropIn& common_;
  const providers::FalApi api_;
  const ProviderSettings provider_;
  CallerWebhooks& webhooks_;
};

}  // namespace lightfast::proxy
