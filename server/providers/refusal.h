// What it means when a provider refuses a call, or its answer is lost: the same for all of them, told in the name of
// the one that was asked. Whether to call again is for others (patience). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/http_client.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

// "Replicate answered 422: - prompt is required": `begin`, and what the answer's body says.
std::string with_message(std::string begin, const HttpAnswer& answer);

// A refusal by status, whatever was asked. provider_unavailable: credentials, credit or rate; provider_rejected: other
// 4xx; provider_failed: the rest. `provider` is its name as people write it: "Replicate".
Error refusal(std::string_view provider, const HttpAnswer& answer, Timestamp now);

// A call that brought no answer: provider_unavailable where it never left, else provider_timeout or provider_failed.
Error lost_answer(std::string_view provider, const HttpFailure& failure);

// What the one call that makes an image costs. One that costs nothing is certain to have failed when it brought no
// image: nothing is lost if another provider is asked.
enum class Cost { money, nothing };

CreateOutcome lost_create(std::string_view provider, const HttpFailure& failure, Cost cost);
CreateOutcome refused_create(std::string_view provider, const HttpAnswer& answer, Timestamp now, Cost cost);
CreateOutcome unreadable_create(std::string_view provider, Cost cost);

// Of a poll: a prediction that the provider does not know has failed; every other refusal is to be asked again.
Result<Prediction> refused_poll(std::string_view provider, const HttpAnswer& answer, std::string_view prediction_id,
                                Timestamp now);

// Ends a prediction as failed, its id among the error's members where it has one.
void fail(Prediction& prediction, std::string detail, Errc code = Errc::provider_failed);

}  // namespace lightfast::providers
