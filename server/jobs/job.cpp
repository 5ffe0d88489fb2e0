#include "server/jobs/job.h"

#include <algorithm>
#include <boost/json.hpp>

namespace lightfast::jobs {
namespace {

namespace json = boost::json;

// Members that are absent or of another type are empty: the texts were written by request_to_json.
std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

bool flag_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->as_bool();
}

std::optional<std::int64_t> number_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->as_int64();
}

Result<json::value> parse(std::string_view text, std::string_view what) {
  boost::system::error_code problem;
  json::value value = json::parse(text, problem);
  if (problem) return Error{Errc::internal, "a job's " + std::string(what) + " cannot be read"};
  return value;
}

Attempt parse_attempt(const json::object& object) {
  Attempt attempt{text_of(object, "provider"), text_of(object, "model"), text_of(object, "input")};
  if (const auto* parents = object.if_contains("parents"); parents != nullptr && parents->is_array()) {
    for (const auto& id : parents->as_array()) {
      if (const auto parent = ImageId::parse(std::string_view(id.as_string()))) attempt.parents.push_back(*parent);
    }
  }
  attempt.parent_version = static_cast<std::uint32_t>(number_of(object, "parent_version").value_or(0));
  return attempt;
}

}  // namespace

std::string request_to_json(const JobRequest& request) {
  json::array attempts;
  for (const auto& attempt : request.attempts) {
    json::object object{{"provider", attempt.provider}, {"model", attempt.model}, {"input", attempt.input}};
    for (const ImageId& parent : attempt.parents) {
      object.emplace("parents", json::array()).first->value().as_array().emplace_back(parent.str());
    }
    if (attempt.parent_version != 0) object["parent_version"] = attempt.parent_version;
    attempts.push_back(std::move(object));
  }
  const ingest::NewImage& facts = request.facts;
  json::object object{{"attempts", std::move(attempts)},
                      {"source_url", request.source_url},
                      {"webhook_url", request.webhook_url},
                      {"keep_source_on_failure", request.keep_source_on_failure},
                      {"is_fresh", request.is_fresh},
                      {"is_paid_by_us", request.is_paid_by_us},
                      {"origin", to_string(facts.origin)},
                      {"prompt", facts.source.prompt},
                      {"provider", facts.source.provider},
                      {"model", facts.source.model},
                      {"prediction_id", facts.source.prediction_id},
                      {"details", facts.source.details},
                      {"visibility", to_string(facts.visibility)},
                      {"pinned", facts.pinned},
                      {"metadata", facts.metadata}};
  if (facts.name) {
    object["collection"] = facts.name->collection;
    object["name"] = facts.name->name;
  }
  if (facts.expires_in) object["expires_in"] = facts.expires_in->count();
  if (!request.source_images.empty()) object["source_images"] = json::value_from(request.source_images);
  if (request.signed_until) object["signed_until"] = request.signed_until->time_since_epoch().count();
  return json::serialize(object);
}

Result<JobRequest> parse_request(std::string_view text, const UserId& user) {
  auto value = parse(text, "request");
  if (!value) return value.error();
  if (!value->is_object()) return Error{Errc::internal, "a job's request cannot be read"};
  const json::object& object = value->as_object();
  JobRequest request;
  request.source_url = text_of(object, "source_url");
  request.webhook_url = text_of(object, "webhook_url");
  request.keep_source_on_failure = flag_of(object, "keep_source_on_failure");
  request.is_fresh = flag_of(object, "is_fresh");
  request.is_paid_by_us = flag_of(object, "is_paid_by_us");
  request.facts.user = user;
  request.facts.origin = text_of(object, "origin") == "import" ? db::Origin::import : db::Origin::generate;
  request.facts.source = {text_of(object, "provider"),
                          text_of(object, "model"),
                          text_of(object, "prediction_id"),
                          text_of(object, "prompt"),
                          {},
                          {},
                          text_of(object, "details")};
  request.facts.visibility = db::parse_visibility(text_of(object, "visibility")).value_or(db::Visibility::private_);
  request.facts.pinned = flag_of(object, "pinned");
  request.facts.metadata = text_of(object, "metadata");
  if (object.contains("name"))
    request.facts.name = db::ImageName{text_of(object, "collection"), text_of(object, "name")};
  if (const auto seconds = number_of(object, "expires_in")) request.facts.expires_in = std::chrono::seconds(*seconds);
  if (const auto* sources = object.if_contains("source_images"); sources != nullptr && sources->is_array()) {
    for (const auto& url : sources->as_array()) request.source_images.emplace_back(url.as_string());
  }
  if (const auto time = number_of(object, "signed_until")) {
    request.signed_until = Timestamp(std::chrono::milliseconds(*time));
  }
  if (const auto* attempts = object.if_contains("attempts"); attempts != nullptr && attempts->is_array()) {
    for (const auto& item : attempts->as_array()) {
      request.attempts.push_back(parse_attempt(item.as_object()));
    }
  }
  return request;
}

std::string outputs_to_json(const std::vector<JobOutput>& outputs) {
  json::array array;
  for (const auto& output : outputs) {
    json::object object{{"id", output.id.str()},           {"source_url", output.source_url},
                        {"stored", output.stored},         {"existed", output.existed},
                        {"error_code", output.error_code}, {"error_detail", output.error_detail}};
    if (output.fades_at) object["fades_at"] = output.fades_at->time_since_epoch().count();
    array.push_back(std::move(object));
  }
  return json::serialize(array);
}

Result<std::vector<JobOutput>> parse_outputs(std::string_view text) {
  std::vector<JobOutput> outputs;
  if (text.empty()) return outputs;
  auto value = parse(text, "outputs");
  if (!value) return value.error();
  if (!value->is_array()) return Error{Errc::internal, "a job's outputs cannot be read"};
  for (const auto& item : value->as_array()) {
    const json::object& object = item.as_object();
    auto id = ImageId::parse(text_of(object, "id"));
    if (!id) return Error{Errc::internal, "a job's outputs cannot be read"};
    JobOutput output{*id,
                     text_of(object, "source_url"),
                     std::nullopt,
                     flag_of(object, "stored"),
                     flag_of(object, "existed"),
                     text_of(object, "error_code"),
                     text_of(object, "error_detail")};
    if (const auto time = number_of(object, "fades_at")) output.fades_at = Timestamp(std::chrono::milliseconds(*time));
    outputs.push_back(std::move(output));
  }
  return outputs;
}

bool may_be_paid(const db::JobRecord& job) {
  if (job.kind != db::JobKind::generate) return false;
  if (!job.prediction_id.empty() || !job.provider_response.empty() || job.state == db::JobState::succeeded) return true;
  if (job.tried.find(acceptance) != std::string::npos) return true;
  const Error error = error_of(job);
  return std::any_of(error.members.begin(), error.members.end(),
                     [](const auto& member) { return member.first == acceptance; });
}

bool may_do_better(std::string_view error_code) {
  for (const Errc final : {Errc::source_gone, Errc::invalid_image, Errc::unsupported_image, Errc::too_many_pixels,
                           Errc::too_large, Errc::download_forbidden, Errc::provider_failed}) {
    if (error_code == to_string(final)) return false;
  }
  return true;
}

Error error_of(const db::JobRecord& job) {
  Error error{parse_errc(job.error_code).value_or(Errc::internal), job.error_detail};
  auto members = parse(job.error_members.empty() ? "{}" : job.error_members, "error");
  if (members && members->is_object()) {
    for (const auto& [name, value] : members->as_object()) {
      if (value.is_string()) error.members.emplace_back(name, value.as_string());
    }
  }
  return error;
}

void set_error(db::JobRecord& job, const Error& error) {
  job.state = db::JobState::failed;
  job.error_code = to_string(error.code);
  job.error_detail = error.detail;
  json::object members;
  for (const auto& [name, value] : error.members) members[name] = value;
  job.error_members = json::serialize(members);
}

}  // namespace lightfast::jobs
