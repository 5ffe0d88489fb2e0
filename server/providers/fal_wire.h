// fal.ai's queue: what is sent, and what its answers mean. Pure functions; server/providers/fal does the talking.
#pragma once

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"
#include "server/providers/settings.h"

namespace lightfast::providers::fal {

// The paid call. The model is an endpoint: "fal-ai/flux/dev". Into the queue; where the input wants `sync_mode` (images
// within the answer, which the queue does not keep) straight to the model. Errc::invalid_request.
Result<HttpCall> create_call(const FalApi& api, const GenerationRequest& request, Timestamp now);

// `poll_url` is where a request's status is. Only an address of the queue is called: else nullopt.
std::optional<HttpCall> status_call(const FalApi& api, std::string_view poll_url);
// Where its result is: as the status says, else beside it.
std::optional<HttpCall> result_call(const FalApi& api, std::string_view poll_url, const HttpAnswer& status);
HttpCall keys_call(const FalApi& api);
HttpCall unknown_request_call(const FalApi& api);  // of nobody: what matters is whether the key is taken

// Of a call into the queue: a running prediction. Of a straight one: a succeeded one.
CreateOutcome read_create(const FalApi& api, const HttpResult& result, std::string_view model, Timestamp now);

// Whether the request has ended, one way or the other. A failed prediction: nobody knows the request.
struct Status {
  bool has_ended = false;
  std::optional<Prediction> unknown;
};
Result<Status> read_status(const HttpResult& result, std::string_view id, Timestamp now);

// What a result tells of the making: `seed`, `seconds`, `nsfw`.
std::string details_of(const boost::json::object& result);

// What came of a request that has ended. An error: of the asking.
Result<Prediction> read_result(const HttpResult& result, std::string_view id, Timestamp now);

// Errc::unauthorized unless the headers have all that is signed, with a time at most five minutes away.
Result<void> check_webhook(const HttpHeaders& headers, Timestamp now);

// The request's id in a webhook. `keys` is the answer to keys_call. Errc::unauthorized unless one of them signed it
// within five minutes.
Result<std::string> read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view keys,
                                 Timestamp now);

}  // namespace lightfast::providers::fal
