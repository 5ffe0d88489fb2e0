// How often and how long a provider is asked: how to wait out its rate limit, looking for a prediction whose answer was
// lost, polling until the end, all before a deadline. A paid call is sent again only where it was refused for certain.
#pragma once

#include "base/clock.h"
#include "base/sleep.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

// What the functions below wait by; both outlive them.
struct Patience {
  const Clock& clock;
  const Sleep& sleep;
  Timestamp deadline;
};

// How long to wait before a create that was refused for the n-th time, from 0, is sent again: what the provider asks
// for, else longer each time. nullopt where it must not be sent again, or its time would be over.
std::optional<std::chrono::milliseconds> pause_before_retry(const CreateOutcome& refused, unsigned n, Timestamp now,
                                                            Timestamp deadline);

// Provider::find, again while it finds none: some ten seconds, for listings lag behind.
Task<Result<std::optional<Prediction>>> find_patiently(Provider& provider, GenerationRequest request,
                                                       Timestamp created_after, IsTaken is_taken, Patience patience);

// Polls a running prediction until it is final. Errc::provider_timeout when the deadline comes first; the generation
// goes on then, and may be polled again later.
Task<Result<Prediction>> poll_patiently(Provider& provider, Prediction running, Patience patience);

}  // namespace lightfast::providers
