// What is asked of a cleanup, and its report, as the command, the admin call and their tests know them. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "server/lifecycle/cleaner.h"

namespace lightfast::lifecycle {

// {"dry_run", "older_than", "user", "collection", "as_of"}: all may be absent. Errc::invalid_request names what is
// wrong.
Result<CleanupOptions> cleanup_options(const boost::json::object& arguments, std::string trigger);

// Sums, times and errors; without the images.
boost::json::object cleanup_json(const CleanupReport& report, const CleanupOptions& options);

// `count` of the images, from the one at `first` on, as a list; a million of them come in pieces.
std::string decisions_json(const Plan& taken, std::size_t first, std::size_t count);

}  // namespace lightfast::lifecycle
