// How often and how long a provider is asked: waits out its rate limit, looks for a prediction whose answer was lost,
// and polls until the end, all before a deadline. A paid call is sent again only where it was refused for certain.
#pragma once

#include "base/clock.h"
#include "base/sleep.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

// One call of create, and whether it was refused for certain and for now only: then it may be sent again, after the
// error's retry_after if it has one.
struct CreateAttempt {
  CreateOutcome outcome;
  bool may_try_again = false;
};

// What the functions below wait by; both outlive them.
struct Patience {
  const Clock& clock;
  const Sleep& sleep;
  Timestamp deadline;
};

// What Provider::create does of one attempt.
Task<CreateOutcome> create_patiently(std::function<Task<CreateAttempt>()> attempt, Patience patience);

// Provider::find, again while it finds none: some ten seconds, for listings lag behind.
Task<Result<std::optional<Prediction>>> find_patiently(Provider& provider, GenerationRequest request,
                                                       Timestamp created_after, IsTaken is_taken, Patience patience);

// Polls a running prediction until it is final. Errc::provider_timeout when the deadline comes first; the generation
// goes on then, and may be polled again later.
Task<Result<Prediction>> poll_patiently(Provider& provider, Prediction running, Patience patience);

}  // namespace lightfast::providers
