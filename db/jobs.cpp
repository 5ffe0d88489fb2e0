#include "db/jobs.h"

namespace lightfast::db {

std::string_view to_string(JobKind kind) {
  return kind == JobKind::import ? "import" : "generate";
}

std::optional<JobKind> parse_job_kind(std::string_view text) {
  if (text == "generate") return JobKind::generate;
  if (text == "import") return JobKind::import;
  return std::nullopt;
}

std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::queued: return "queued";
    case JobState::calling: return "calling";
    case JobState::running: return "running";
    case JobState::fetching: return "fetching";
    case JobState::succeeded: return "succeeded";
    case JobState::failed: return "failed";
  }
  return "queued";
}

std::optional<JobState> parse_job_state(std::string_view text) {
  for (const JobState state : all_job_states) {
    if (text == to_string(state)) return state;
  }
  return std::nullopt;
}

}  // namespace lightfast::db
