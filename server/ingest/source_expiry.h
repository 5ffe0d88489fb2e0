// When a source URL stops working, as far as that can be known without asking: so that the one that fades first is
// fetched first. Pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace lightfast::ingest {

// What the URL says of itself: Azure SAS (`se`), AWS and GCS signatures (X-Amz-*, X-Goog-*, Expires), CloudFront
// (`Expires`, `Policy`), Discord (`ex`), or a plain `expires`/`exp` in Unix seconds. Signed or not is not checked.
std::optional<Timestamp> find_stated_expiry(std::string_view url);

// What is known of where it lies: Replicate's outputs go an hour after they were made, fal's after days, OpenAI's
// after 60 minutes. nullopt for hosts nothing is known of.
std::optional<Timestamp> find_customary_expiry(std::string_view url, Timestamp made_at);

// The earlier of the two.
std::optional<Timestamp> find_expiry(std::string_view url, Timestamp made_at);

}  // namespace lightfast::ingest
