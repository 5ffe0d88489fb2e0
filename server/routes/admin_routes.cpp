#include "server/routes/admin_routes.h"

#include <boost/json.hpp>
#include <charconv>

#include "server/lifecycle/cleanup_json.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;

constexpr std::size_t images_a_part = 500;

// The query's texts as the members that they stand for; what is no number stays a text, and is refused as one.
Result<json::object> members_of(const http::Request& request) {
  json::object members;
  for (const char* name : {"user", "collection", "as_of", "older_than"}) {
    if (std::string text = query_text(request, name); !text.empty()) members[name] = std::move(text);
  }
  if (const auto* days = members.if_contains("older_than")) {
    const std::string_view text = days->as_string();
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem == std::errc() && end == text.data() + text.size()) members["older_than"] = number;
  }
  auto dry_run = query_flag(request, "dry_run");
  if (!dry_run) return dry_run.error();
  members["dry_run"] = *dry_run;
  return members;
}

// The same object as `lightfast cleanup --json` prints, its images in pieces.
http::Response report_response(const lifecycle::CleanupReport& report, const lifecycle::CleanupOptions& options) {
  std::string text = json::serialize(lifecycle::cleanup_json(report, options));
  text.back() = ',';
  http::Response response = http::json_response(200, text + "\"images\":[");
  for (std::size_t next = 0; next < report.taken.size(); next += images_a_part) {
    std::string images = lifecycle::decisions_json(report.taken, next, images_a_part);
    images.pop_back();
    images.front() = ',';
    response.body.emplace_back(next == 0 ? images.substr(1) : std::move(images));
  }
  response.body.emplace_back(std::string("]}"));
  return response;
}

}  // namespace

Task<Result<http::Response>> AdminRoutes::cleanup(http::Request& request, guard::Caller caller) {
  auto members = members_of(request);
  if (!members) co_return members.error();
  auto options = lifecycle::cleanup_options(*members, "api");
  if (!options) co_return options.error();
  if (caller.user && options->scope.user != caller.user) {
    co_return Error{Errc::forbidden, "this key works for one user alone: name it with `user`"};
  }
  auto report = co_await upkeep_.workers.run([&] {
    lifecycle::Progress unwatched;
    return upkeep_.cleaner.run(*options, unwatched, upkeep_.stopping.get_token());
  });
  if (!report) co_return report.error();
  co_return report_response(*report, *options);
}

}  // namespace lightfast::routes
