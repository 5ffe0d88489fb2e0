#include "server/jobs/tried.h"

#include <boost/json.hpp>

#include "base/encoding.h"
#include "server/jobs/job.h"

namespace lightfast::jobs {
namespace {

namespace json = boost::json;

json::object attempt_json(const db::JobRecord& job, std::string_view status) {
  json::object attempt{{"provider", job.provider}, {"model", nullptr}, {"status", status}};
  if (!job.model.empty()) attempt["model"] = job.model;
  return attempt;
}

// What was read back from a row; one that is damaged tells of nothing.
json::array parse_tried(const std::string& text) {
  boost::system::error_code problem;
  json::value value = json::parse(text, problem);
  if (problem || !value.is_array()) return {};
  return std::move(value.as_array());
}

}  // namespace

void begin_attempts(db::JobRecord& job) {
  job.tried = "[]";
}

void note_failure(db::JobRecord& job, const Error& error) {
  if (job.tried.empty()) return;
  json::object attempt = attempt_json(job, "failed");
  attempt["code"] = to_string(error.code);
  attempt["detail"] = as_utf8(error.detail);
  for (const auto& [name, value] : error.members) {
    if (name == "prediction_id" || name == acceptance) attempt[name] = as_utf8(value);
  }
  json::array tried = parse_tried(job.tried);
  tried.push_back(std::move(attempt));
  job.tried = json::serialize(tried);
}

std::optional<json::array> attempts_json(const db::JobRecord& job) {
  if (job.tried.empty()) return std::nullopt;
  json::array attempts = parse_tried(job.tried);
  const bool has_outputs = job.state == db::JobState::succeeded || job.state == db::JobState::fetching;
  if (has_outputs) attempts.push_back(attempt_json(job, "succeeded"));
  return attempts;
}

}  // namespace lightfast::jobs
