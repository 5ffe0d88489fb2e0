#include "server/admin/admin_commands.h"

#include <boost/json.hpp>

#include "server/images/image_json.h"

namespace lightfast::admin {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

AdminCommands::AdminCommands(images::ImageService& images, const images::ImageUrls& urls,
                             const images::RetentionRule& rule, UpkeepCommands& upkeep, ImportCommand& importing,
                             KeyCommands& keys, images::SignedUrls& signed_urls, StatsCommand& stats)
    : images_(images),
      urls_(urls),
      rule_(rule),
      upkeep_(upkeep),
      importing_(importing),
      keys_(keys),
      signed_urls_(signed_urls),
      stats_(stats) {}

Task<Result<json::value>> AdminCommands::run(std::string name, json::object arguments, Reply& reply) {
  if (name == "import") co_return co_await importing_.run(std::move(arguments), reply);
  if (keys_.knows(name)) co_return co_await keys_.run(std::move(name), std::move(arguments));
  if (upkeep_.knows(name)) co_return co_await upkeep_.run(std::move(name), std::move(arguments), reply);
  if (name == "list") co_return co_await list(std::move(arguments));
  if (name == "remove" || name == "restore") co_return co_await change_each(std::move(name), std::move(arguments));
  if (name == "stats") co_return co_await stats_.run(std::move(arguments));
  if (name == "sign") co_return co_await sign(std::move(arguments));
  co_return Error{Errc::invalid_request, "there is no admin command `" + name + "`"};
}

Task<Result<json::value>> AdminCommands::list(json::object arguments) {
  db::ImageQuery query;
  if (const std::string user = text_of(arguments, "user"); !user.empty()) {
    auto parsed = UserId::parse(user);
    if (!parsed) co_return parsed.error();
    query.user = std::move(*parsed);
  }
  query.collection = text_of(arguments, "collection");
  query.text = text_of(arguments, "q");
  query.cursor = text_of(arguments, "cursor");
  if (const auto* deleted = arguments.if_contains("deleted")) query.deleted = deleted->is_bool() && deleted->as_bool();
  if (const auto* limit = arguments.if_contains("limit")) {
    query.limit = static_cast<std::uint32_t>(std::clamp<std::int64_t>(limit->to_number<std::int64_t>(), 1, 1000));
  }
  auto page = co_await images_.list(std::move(query));
  if (!page) co_return page.error();
  json::array shown;
  for (const auto& image : page->images) shown.push_back(images::image_details_json(image, urls_, rule_));
  co_return json::value{{"images", std::move(shown)}, {"next_cursor", page->next_cursor}};
}

// One answer for each id, in order: one that fails does not stop the others.
Task<Result<json::value>> AdminCommands::change_each(std::string name, json::object arguments) {
  const auto* ids = arguments.if_contains("ids");
  if (ids == nullptr || !ids->is_array()) co_return Error{Errc::invalid_request, "`ids` must be a list of image ids"};
  json::array results;
  for (const auto& item : ids->as_array()) {
    const std::string text = item.is_string() ? std::string(item.as_string()) : std::string();
    auto id = ImageId::parse(text);
    Result<db::ImageRecord> outcome = Error{Errc::not_found, "`" + text + "` is no image id"};
    if (id) outcome = co_await images_.get(*id);
    if (outcome) {
      const UserId user = outcome->user;
      if (name == "remove")
        outcome = co_await images_.remove(user, *id);
      else
        outcome = co_await images_.restore(user, *id);
    }
    json::object result{{"id", text}, {"ok", outcome.has_value()}};
    if (!outcome) result["error"] = outcome.error().detail;
    results.push_back(std::move(result));
  }
  co_return json::value{{"results", std::move(results)}};
}

Task<Result<json::value>> AdminCommands::sign(json::object arguments) {
  auto id = ImageId::parse(text_of(arguments, "id"));
  if (!id) co_return Error{Errc::invalid_request, "`" + text_of(arguments, "id") + "` is no image id"};
  auto wish = images::read_signing_wish(arguments);
  if (!wish) co_return wish.error();
  auto signed_url = co_await signed_urls_.sign(std::move(*id), std::move(*wish));
  if (!signed_url) co_return signed_url.error();
  co_return json::value(images::signed_url_json(*signed_url));
}

}  // namespace lightfast::admin
