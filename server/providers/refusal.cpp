#include "server/providers/refusal.h"

#include "server/providers/answer.h"

namespace lightfast::providers {

std::string with_message(std::string begin, const HttpAnswer& answer) {
  const std::string message = error_message(answer.body);
  return message.empty() ? begin : begin + ": " + message;
}

Error refusal(std::string_view provider, const HttpAnswer& answer, Timestamp now) {
  const std::string name(provider);
  const int status = answer.status;
  if (status == 401 || status == 403) {
    return {Errc::provider_unavailable, with_message(name + " refused the server's credentials", answer)};
  }
  if (status == 402) return {Errc::provider_unavailable, with_message(name + " refused for want of credit", answer)};
  if (status == 429) {
    return {Errc::provider_unavailable, with_message(name + "'s rate limit is reached", answer),
            find_retry_after(answer, now)};
  }
  const bool is_of_input = status >= 400 && status < 500;
  return {is_of_input ? Errc::provider_rejected : Errc::provider_failed,
          with_message(name + " answered " + std::to_string(status), answer)};
}

Error lost_answer(std::string_view provider, const HttpFailure& failure) {
  const Error& error = failure.error;
  if (error.code == Errc::overloaded || error.code == Errc::invalid_request) return error;
  if (!failure.request_sent) {
    return {Errc::provider_unavailable, std::string(provider) + " could not be reached: " + error.detail};
  }
  return {error.code == Errc::download_timeout ? Errc::provider_timeout : Errc::provider_failed,
          std::string(provider) + "'s answer was lost: " + error.detail};
}

CreateOutcome lost_create(std::string_view provider, const HttpFailure& failure, Cost cost) {
  const Errc code = failure.error.code;
  // Errc::internal: the client has been closed.
  const bool is_final = failure.request_sent || code == Errc::invalid_request || code == Errc::download_forbidden ||
                        code == Errc::internal;
  return {.error = lost_answer(provider, failure),
          .may_be_accepted = failure.request_sent && cost == Cost::money,
          .may_try_again = !is_final};
}

CreateOutcome refused_create(std::string_view provider, const HttpAnswer& answer, Timestamp now, Cost cost) {
  const int status = answer.status;
  Error error = refusal(provider, answer, now);
  // 5xx, a redirect, or 408: whether it took the call nobody knows.
  const bool is_certain = status >= 400 && status < 500 && status != 408;
  if (is_certain) return {.error = std::move(error), .may_try_again = status == 429};
  if (error.code == Errc::provider_rejected) error.code = Errc::provider_failed;
  return {.error = std::move(error), .may_be_accepted = cost == Cost::money, .was_answered = true};
}

CreateOutcome unreadable_create(std::string_view provider, Cost cost) {
  return {.error = {Errc::provider_failed, std::string(provider) + "'s answer could not be read"},
          .may_be_accepted = cost == Cost::money,
          .was_answered = true};
}

Result<Prediction> refused_poll(std::string_view provider, const HttpAnswer& answer, std::string_view prediction_id,
                                Timestamp now) {
  if (answer.status == 404 || answer.status == 410) {
    Prediction unknown;
    unknown.id = prediction_id;
    fail(unknown, std::string(provider) + " knows no such prediction");
    return unknown;
  }
  Error error = refusal(provider, answer, now);
  if (error.code == Errc::provider_rejected) error.code = Errc::provider_failed;
  return error;
}

void fail(Prediction& prediction, std::string detail, Errc code) {
  prediction.state = Prediction::State::failed;
  prediction.error = Error{code, std::move(detail)};
  if (!prediction.id.empty()) prediction.error->members.emplace_back("prediction_id", prediction.id);
}

}  // namespace lightfast::providers
