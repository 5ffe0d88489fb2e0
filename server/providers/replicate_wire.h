// Replicate's HTTP interface: what is sent, and what its answers mean. Pure functions; server/providers/replicate
// does the talking.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers::replicate {

// The three ways to name what runs: "owner/name" (an official model), "owner/name:version" or a bare version of 64 hex
// digits, "deployments/owner/name".
struct Model {
  enum class Kind { official, version, deployment };
  Kind kind = Kind::official;
  std::string owner;
  std::string name;
  std::string version;
};
Result<Model> parse_model(std::string_view text);  // Errc::invalid_request

// The paid call: on a connection of its own, so that it is never sent twice. Replicate may hold back its answer for
// `wait` (up to 60 s; 0: not at all). Errc::invalid_request.
Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, std::chrono::seconds wait);
HttpCall poll_call(const Api& api, std::string_view prediction_id);
HttpCall list_call(const Api& api);
// The page that a listing names as its next; nullopt where there is none, or it lies elsewhere than the API.
std::optional<HttpCall> next_list_call(const Api& api, std::string_view listing);
HttpCall webhook_secret_call(const Api& api);
HttpCall account_call(const Api& api);  // whose token it is

// Whether Replicate was asked to wait decides what a `processing` answer with outputs means: then it is complete, else
// it grows.
enum class Phase { waited, polled };

CreateOutcome read_create(const HttpResult& result, Phase phase, Timestamp now);
Result<Prediction> read_poll(const HttpResult& result, std::string_view prediction_id, Timestamp now);

// Errc::unauthorized unless the headers have an id, a signature and a time at most five minutes away.
Result<void> check_webhook(const HttpHeaders& headers, Timestamp now);

// The id in a webhook. Errc::unauthorized unless `secret` signed it within five minutes.
Result<std::string> read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view secret,
                                 Timestamp now);

// A prediction as JSON text. Errc::provider_failed.
Result<Prediction> read_prediction(std::string_view body);

// The earliest prediction of a listing that `request` may have made: same model, every input of the request's, created
// since then and within ten minutes, not taken.
std::optional<Prediction> find_in_listing(std::string_view listing, const GenerationRequest& request,
                                          Timestamp created_after, const IsTaken& is_taken);

// Whether no older page can hold a prediction created since then.
bool reaches_back_to(std::string_view listing, Timestamp created_after);

// "whsec_…" from the answer to webhook_secret_call.
std::optional<std::string> read_webhook_secret(std::string_view body);

}  // namespace lightfast::providers::replicate
