#include "server/jobs/job_answer.h"

#include <algorithm>
#include <boost/json.hpp>

#include "server/images/image_json.h"
#include "server/jobs/tried.h"

namespace lightfast::jobs {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::value(text);
}

std::string_view public_status(db::JobState state) {
  if (state == db::JobState::succeeded) return "succeeded";
  return state == db::JobState::failed ? "failed" : "pending";
}

json::object error_json(const Error& error) {
  json::object object{{"code", to_string(error.code)}, {"detail", error.detail}};
  for (const auto& [name, value] : error.members) object[name] = value;
  return object;
}

// An output that the caller gets under its own, fading URL.
json::object unhosted_json(const db::JobRecord& job, const JobOutput& output) {
  json::object object{{"id", nullptr},
                      {"user_id", job.user.str()},
                      {"hosted", false},
                      {"url", output.source_url},
                      {"provider", text_or_null(job.provider)},
                      {"model", text_or_null(job.model)},
                      {"prediction_id", text_or_null(job.prediction_id)},
                      {"source_url", text_or_null(output.source_url)}};
  if (job.provider == "replicate") object["replicate_url"] = text_or_null(output.source_url);
  return object;
}

json::array failed_json(const std::vector<JobOutput>& outputs) {
  json::array failed;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].error_code.empty()) continue;
    failed.push_back({{"index", i},
                      {"source_url", text_or_null(outputs[i].source_url)},
                      {"code", outputs[i].error_code},
                      {"detail", outputs[i].error_detail}});
  }
  return failed;
}

}  // namespace

bool is_answerable(const JobView& view) {
  if (db::has_ended(view.job.state)) return true;
  return view.job.state == db::JobState::fetching && !view.outputs.empty() &&
         std::all_of(view.outputs.begin(), view.outputs.end(),
                     [](const JobOutput& output) { return !output.error_code.empty(); });
}

JobAnswers::JobAnswers(const images::ImageUrls& urls, const images::RetentionRule& rule) : urls_(urls), rule_(rule) {}

json::array JobAnswers::images_of(const JobView& view) const {
  json::array shown;
  for (const auto& image : view.images) shown.push_back(images::image_json(image, urls_, rule_));
  const bool any_stored =
      std::any_of(view.outputs.begin(), view.outputs.end(), [](const JobOutput& output) { return output.stored; });
  if (any_stored || !is_answerable(view)) return shown;
  for (const auto& output : view.outputs) shown.push_back(unhosted_json(view.job, output));
  return shown;
}

Result<Answer> JobAnswers::answer(const JobView& view) const {
  if (view.job.state == db::JobState::failed) {
    Error error = error_of(view.job);
    if (auto attempts = attempts_json(view.job))
      error.json_members.emplace_back("attempts", json::serialize(*attempts));
    return error;
  }
  if (!is_answerable(view)) {
    if (view.trouble) return *view.trouble;
    return Error{Errc::pending, "the job is not finished; GET /v1/jobs/" + view.job.id + " tells how it goes on",
                 std::chrono::seconds(5)};
  }
  json::array shown = images_of(view);
  if (shown.empty()) return Error{Errc::not_found, "the images of this request have been removed"};
  json::object object = shown.front().as_object();
  object["images"] = std::move(shown);
  const bool hosted = !view.images.empty();
  if (auto failed = failed_json(view.outputs); hosted && !failed.empty()) object["failed"] = std::move(failed);
  if (auto attempts = attempts_json(view.job)) object["attempts"] = std::move(*attempts);
  const bool any_new = std::any_of(view.outputs.begin(), view.outputs.end(),
                                   [](const JobOutput& output) { return output.stored && !output.existed; });
  return Answer{hosted && any_new ? 201 : 200, json::serialize(object)};
}

json::object JobAnswers::job_object(const JobView& view) const {
  json::object object{{"job_id", view.job.id},
                      {"status", public_status(view.job.state)},
                      {"user_id", view.job.user.str()},
                      {"id", view.job.image_id.str()},
                      {"url", urls_.reserved_url(view.job.user, view.job.image_id)},
                      {"provider", text_or_null(view.job.provider)},
                      {"model", text_or_null(view.job.model)},
                      {"prediction_id", text_or_null(view.job.prediction_id)},
                      {"created_at", to_iso8601(view.job.created_at)},
                      {"image", nullptr},
                      {"error", nullptr}};
  if (!view.job.batch_id.empty()) object["batch_id"] = view.job.batch_id;
  if (view.job.state != db::JobState::failed) {
    json::array shown = images_of(view);
    if (!shown.empty()) object["image"] = shown.front();
    if (shown.size() > 1) object["images"] = std::move(shown);
  }
  if (view.job.state == db::JobState::failed) object["error"] = error_json(error_of(view.job));
  if (auto failed = failed_json(view.outputs); !failed.empty()) object["failed"] = std::move(failed);
  if (auto attempts = attempts_json(view.job)) object["attempts"] = std::move(*attempts);
  return object;
}

std::string JobAnswers::job_json(const JobView& view) const {
  return json::serialize(job_object(view));
}

std::string JobAnswers::jobs_json(const std::vector<JobView>& views) const {
  json::array jobs;
  std::uint64_t succeeded = 0, failed = 0;
  for (const auto& view : views) {
    if (view.job.state == db::JobState::succeeded) ++succeeded;
    if (view.job.state == db::JobState::failed) ++failed;
    jobs.push_back(job_object(view));
  }
  const json::object counts{
      {"pending", views.size() - succeeded - failed}, {"succeeded", succeeded}, {"failed", failed}};
  return json::serialize(json::object{{"jobs", std::move(jobs)}, {"counts", counts}});
}

std::string JobAnswers::pending_json(const db::JobRecord& job) const {
  return json::serialize(json::object{{"job_id", job.id},
                                      {"status", "pending"},
                                      {"id", job.image_id.str()},
                                      {"url", urls_.reserved_url(job.user, job.image_id)}});
}

std::string JobAnswers::pending_list_json(const std::vector<db::JobRecord>& jobs) const {
  json::array list;
  for (const auto& job : jobs) {
    list.push_back({{"job_id", job.id},
                    {"status", "pending"},
                    {"id", job.image_id.str()},
                    {"url", urls_.reserved_url(job.user, job.image_id)}});
  }
  return json::serialize(json::object{{"batch_id", jobs.front().batch_id}, {"jobs", std::move(list)}});
}

}  // namespace lightfast::jobs
