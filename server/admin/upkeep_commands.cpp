#include "server/admin/upkeep_commands.h"

#include <boost/json.hpp>

#include "server/images/slug.h"

namespace lightfast::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t images_a_part = 500;
constexpr std::int64_t longest_age_days = 36'500;

Error wrong(std::string_view name, std::string_view allowed) {
  return {Errc::invalid_request, "`" + std::string(name) + "` must be " + std::string(allowed)};
}

// Absent, null and "" are nullopt.
Result<std::optional<std::string>> text_of(const json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(name);
  if (value == nullptr || value->is_null()) return std::optional<std::string>();
  if (!value->is_string()) return wrong(name, "a text");
  std::string text(value->as_string());
  return text.empty() ? std::optional<std::string>() : std::optional<std::string>(std::move(text));
}

Result<bool> flag_of(const json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(name);
  if (value == nullptr || value->is_null()) return false;
  if (!value->is_bool()) return wrong(name, "true or false");
  return value->as_bool();
}

json::object sum_json(const lifecycle::Sum& sum) {
  return {{"images", sum.images}, {"bytes", sum.bytes}};
}

}  // namespace

Result<lifecycle::CleanupOptions> cleanup_options(const json::object& arguments, std::string trigger) {
  lifecycle::CleanupOptions options;
  options.trigger = std::move(trigger);
  auto dry_run = flag_of(arguments, "dry_run");
  if (!dry_run) return dry_run.error();
  if (*dry_run) options.mode = lifecycle::CleanupOptions::Mode::dry_run;
  auto user = text_of(arguments, "user");
  if (!user) return user.error();
  if (*user) {
    auto parsed = UserId::parse(**user);
    if (!parsed) return parsed.error();
    options.scope.user = std::move(*parsed);
  }
  auto collection = text_of(arguments, "collection");
  if (!collection) return collection.error();
  if (*collection) {
    auto slug = images::make_collection_slug(**collection);
    if (!slug) return slug.error();
    options.scope.collection = std::move(*slug);
  }
  if (const auto* days = arguments.if_contains("older_than"); days != nullptr && !days->is_null()) {
    const auto* count = days->if_int64();
    if (count == nullptr || *count < 0 || *count > longest_age_days) {
      return wrong("older_than", "a whole number of days from 0 to 36500");
    }
    options.scope.older_than_days = static_cast<std::uint32_t>(*count);
  }
  auto as_of = text_of(arguments, "as_of");
  if (!as_of) return as_of.error();
  if (*as_of) {
    options.as_of = parse_iso8601(**as_of);
    if (!options.as_of) return wrong("as_of", "a time such as 2026-11-28T10:00:00Z");
  }
  return options;
}

json::object cleanup_json(const lifecycle::CleanupReport& report, const lifecycle::CleanupOptions& options) {
  json::object sums;
  lifecycle::Sum total;
  for (const auto reason : lifecycle::all_reasons) {
    const auto found = report.sums.find(reason);
    const lifecycle::Sum sum = found == report.sums.end() ? lifecycle::Sum{} : found->second;
    sums[to_string(reason)] = sum_json(sum);
    total.images += sum.images;
    total.bytes += sum.bytes;
  }
  json::object answer{{"dry_run", options.mode == lifecycle::CleanupOptions::Mode::dry_run},
                      {"started_at", to_iso8601(report.started_at)},
                      {"finished_at", to_iso8601(report.finished_at)},
                      {"sums", std::move(sums)},
                      {"total", sum_json(total)},
                      {"errors", report.errors},
                      {"complete", report.complete}};
  if (options.as_of) answer["as_of"] = to_iso8601(*options.as_of);
  if (!report.error.empty()) answer["error"] = report.error;
  return answer;
}

json::object decision_json(const lifecycle::Decision& decision) {
  return {{"id", decision.id.str()},
          {"user_id", decision.user.str()},
          {"reason", to_string(decision.reason)},
          {"bytes", decision.bytes}};
}

bool UpkeepCommands::knows(const std::string& name) const {
  return name == "cleanup";
}

Task<Result<json::value>> UpkeepCommands::run(std::string name, json::object arguments, Reply& reply) {
  if (name == "cleanup") co_return co_await cleanup(std::move(arguments), reply);
  co_return Error{Errc::invalid_request, "there is no admin command `" + name + "`"};
}

Task<Result<json::value>> UpkeepCommands::cleanup(json::object arguments, Reply& reply) {
  auto options = cleanup_options(arguments, "command");
  if (!options) co_return options.error();
  const std::stop_token stop = stopping_.get_token();
  auto report = co_await upkeep_.workers.run([&] { return upkeep_.cleaner.run(*options, reply.progress, stop); });
  if (!report) co_return report.error();
  const auto each = flag_of(arguments, "each");
  if (!each) co_return each.error();
  for (std::size_t next = 0; *each && next < report->taken.size();) {
    json::array images;
    while (next < report->taken.size() && images.size() < images_a_part) {
      images.push_back(decision_json(report->taken.at(next++)));
    }
    auto sent = co_await reply.part(json::serialize(images));
    if (!sent) co_return sent.error();
  }
  co_return json::value(cleanup_json(*report, *options));
}

}  // namespace lightfast::admin
