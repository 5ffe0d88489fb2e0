// What became of the providers that a generation tried one after the other: those that failed stand in its row, so that
// its answer tells of each, after a restart too. Pure functions.
#pragma once

#include <boost/json/array.hpp>
#include <optional>

#include "base/error.h"
#include "db/jobs.h"

namespace lightfast::jobs {

// Of a job that has several to try.
void begin_attempts(db::JobRecord& job);

// The provider that the row names has failed; nothing where only one was to be tried.
void note_failure(db::JobRecord& job, const Error& error);

// [{"provider","model","status","code","detail","prediction_id"}, …] in their order, so far: those that failed, and
// last the one that gave the images, once it has. nullopt where only one was to be tried.
std::optional<boost::json::array> attempts_json(const db::JobRecord& job);

}  // namespace lightfast::jobs
