// One way to have an image made. A driver builds requests and reads answers (pure functions in <name>_wire) and calls
// through the HTTP client; it keeps no state of a job, stores nothing, and knows nothing of images once they are made.
// Any thread; it must outlive its coroutines.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/http_client.h"
#include "base/task.h"

namespace lightfast::providers {

// Where a provider's API is, and what opens it.
struct Api {
  std::string base_url;  // without a slash at the end
  std::string key;
};

struct GenerationRequest {
  std::string model;        // empty: the driver's default
  std::string prompt;       // goes into `input` where that has none
  std::string input;        // JSON object text; goes to the provider as it is
  std::string webhook_url;  // where the provider may report to us; empty: none
  std::string request_id;   // for the provider's log and ours
  Timestamp deadline{};     // of the whole call, polling included
};

// One result: a URL that fades, or the bytes themselves (providers that answer with the image).
struct Output {
  std::string url;  // http, https or data:
  std::string bytes;
};

// A generation at the provider, as it stood at the last answer.
struct Prediction {
  enum class State { running, succeeded, failed };
  State state = State::running;
  std::string id;               // empty where the provider has none
  std::string model;            // as the provider names it, else as it was asked for
  std::string poll_url;         // empty where there is nothing to ask
  std::vector<Output> outputs;  // of a succeeded one; images only as far as their URLs tell
  std::string raw;              // the provider's answer as JSON text, cut to 64 KB
  // A JSON object's text, of what the provider tells of the making, as far as it does; empty: nothing. `seed` and
  // `seconds` (that it worked) are numbers, `cost` is {"amount","currency"}, `usage` its own object of what it counted,
  // `credit` is {"text","name","url","photo_url"}, `revised_prompt` a text, `nsfw` what it flagged.
  std::string details;
  // Of a failed one: provider_failed; provider_rejected where its input is what was wrong; source_gone where its
  // outputs have faded. `prediction_id` among its members.
  std::optional<Error> error;
  std::optional<Timestamp> outputs_fade_at;
};

// What became of the one call that costs money.
struct CreateOutcome {
  std::optional<Prediction> prediction;
  Error error;                   // where there is none: provider_rejected, provider_unavailable, provider_timeout, …
  bool may_be_accepted = false;  // the request left us and no answer came: it must never simply be sent again
  bool was_answered = false;     // and so it is, though an answer came: one that says nothing of it
  bool may_try_again = false;    // refused for certain, and for now only: may be sent again after error.retry_after
};

// Sent with downloads, but only to that very origin: outputs that lie elsewhere are fetched without.
struct DownloadCredential {
  std::string origin;  // "https://api.replicate.com"
  std::string bearer;
};

// Whether a prediction is known to belong to another job.
using IsTaken = std::function<bool(const std::string& prediction_id)>;

class Provider {
 public:
  virtual ~Provider() = default;

  virtual std::string_view name() const = 0;           // "replicate"
  virtual std::string_view default_model() const = 0;  // empty where there are no models
  virtual bool is_free() const { return false; }       // create may be repeated at no cost
  virtual std::optional<DownloadCredential> download_credential() const { return std::nullopt; }

  // What is wrong with a request before anything is paid for: Errc::invalid_request.
  virtual Result<void> check(const GenerationRequest& request) const = 0;

  // Sends the paid request, once.
  virtual Task<CreateOutcome> create(GenerationRequest request) = 0;

  // Asks how a prediction stands. Errors are of the asking (provider_unavailable …), not of the prediction: ask again,
  // not before their retry_after. One that the provider does not know is a failed prediction; unless a driver says
  // otherwise, each is: whose answer is the image itself keeps nothing.
  virtual Task<Result<Prediction>> poll(std::string id, std::string poll_url);

  // Looks for the prediction of a request whose create call's answer was lost: made with this input since
  // `created_after` (clocks may differ by a minute), and not taken. nullopt: the provider answered, and there is none;
  // listings lag, so ask again after some seconds before giving up. Errc::not_found: it keeps no list. Other errors: it
  // did not answer.
  virtual Task<Result<std::optional<Prediction>>> find(GenerationRequest request, Timestamp created_after,
                                                       IsTaken is_taken);

  // What the provider signs its webhooks with, or what proves them. Errc::not_found: it sends none.
  virtual Task<Result<std::string>> fetch_webhook_secret();

  // What a webhook's headers alone tell. Errc::not_found: this provider sends none; Errc::unauthorized: the signature
  // is missing, or too old.
  virtual Result<void> check_webhook(const HttpHeaders& headers, Timestamp now) const;

  // Whose prediction a webhook tells of. Errc::unauthorized: it was not signed with that secret, or too long ago.
  virtual Result<std::string> read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view secret,
                                           Timestamp now) const;

  // Whether the provider takes our credentials, asked by a call that costs nothing: what to say of it, or
  // Errc::provider_unavailable with the reason.
  virtual Task<Result<std::string>> check_credentials();

  // How to wait between two polls: the n-th, from 0.
  virtual std::chrono::milliseconds poll_interval(unsigned n) const;
};

}  // namespace lightfast::providers
