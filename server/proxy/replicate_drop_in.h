// /replicate/v1/*: Replicate's HTTP interface for its own SDKs, with hosted images as outputs. Any thread; it must
// outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "server/proxy/caller_webhooks.h"
#include "server/proxy/drop_in.h"
#include "server/proxy/replicate_answer.h"

namespace lightfast::proxy {

class ReplicateDropIn {
 public:
  static constexpr const char* path = "/replicate/v1";

  // `links` signs what is followed without a key.
  ReplicateDropIn(DropIn& common, ProviderSettings provider, const images::ImageUrls& urls,
                  const images::UrlSigner& links, CallerWebhooks& webhooks);

  Task<http::Response> handle(http::Request& request);

  // A prediction with its images hosted. `deadline`: of the hosting.
  struct Settled {
    bool any_failed = false;
    bool is_unfinished = false;  // told so, since hosting goes on
  };
  Task<Settled> settle(boost::json::object& prediction, Customer customer, replicate::Phase phase, OutputAge age,
                       SteadyTime deadline);

 private:
  Task<Result<http::Response>> answer(Visit& visit);
  Task<Result<http::Response>> create(Visit& visit);
  Task<Result<http::Response>> prediction(const Visit& visit);
  Task<Result<http::Response>> list(const Visit& visit);
  Task<Result<http::Response>> stream(http::Request& request);
  Task<Result<http::Response>> take_webhook(http::Request& request);
  Task<Result<http::Response>> send_on(WebhookOrder order, std::string message, std::string body);
  Task<Result<void>> replace_webhook(Visit& visit);
  Task<Result<http::Response>> change_answer(const Visit& visit, HttpStream answer, replicate::Phase phase);
  Task<bool> change_list(const Visit& visit, boost::json::object& page);
  Task<Result<http::Response>> tell_secret(const Visit& visit);
  Task<Result<http::Response>> pass(const Visit& visit);
  Making making_of(const boost::json::object& prediction, const Customer& customer) const;
  // The API's links lead here, and a webhook of ours is the caller's again.
  void move_links(boost::json::object& answer) const;
  void sign_events(boost::json::object& prediction, const Customer& customer) const;

  DropIn& common_;
  const ProviderSettings provider_;
  const images::ImageUrls& urls_;
  const images::UrlSigner& links_;
  CallerWebhooks& webhooks_;
};

}  // namespace lightfast::proxy
