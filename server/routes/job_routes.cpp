#include "server/routes/job_routes.h"

#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

constexpr std::size_t max_ids = 1000;

// What stands in it changes.
http::Response uncached(std::string json) {
  auto response = http::json_response(200, std::move(json));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

Result<std::vector<std::string>> split_ids(std::string_view text) {
  std::vector<std::string> ids;
  while (!text.empty()) {
    const std::string_view id = text.substr(0, text.find(','));
    text.remove_prefix(std::min(id.size() + 1, text.size()));
    if (!id.empty()) ids.emplace_back(id);
  }
  if (ids.empty() || ids.size() > max_ids) return wrong_member("ids", "a list of 1 to 1000 job ids, with commas");
  return ids;
}

}  // namespace

Task<Result<http::Response>> JobRoutes::get(http::Request& request, guard::Caller caller) {
  auto view = co_await jobs_.get(request.param("job"));
  if (!view) co_return view.error();
  if (!caller.may_act_for(view->job.user)) co_return Error{Errc::not_found, "there is no such job"};
  co_return uncached(answers_.job_json(*view));
}

Task<Result<http::Response>> JobRoutes::list(http::Request& request, guard::Caller caller) {
  auto views = co_await asked_for(request, std::move(caller));
  if (!views) co_return views.error();
  co_return uncached(answers_.jobs_json(*views));
}

Task<Result<std::vector<jobs::JobView>>> JobRoutes::asked_for(const http::Request& request, guard::Caller caller) {
  const std::string batch = query_text(request, "batch"), ids_text = query_text(request, "ids");
  if (batch.empty() == ids_text.empty()) {
    co_return Error{Errc::invalid_request, "either `batch` or `ids` is required: which jobs to tell of"};
  }
  jobs::JobService::MaySee may_see = [caller](const db::JobRecord& job) { return caller.may_act_for(job.user); };
  if (!batch.empty()) {
    auto views = co_await jobs_.of_batch(batch, std::move(may_see));
    if (views && views->empty()) co_return Error{Errc::not_found, "there is no such batch"};
    co_return views;
  }
  auto ids = split_ids(ids_text);
  if (!ids) co_return ids.error();
  auto views = co_await jobs_.find_all(std::move(*ids), std::move(may_see));
  co_return views;
}

}  // namespace lightfast::routes
