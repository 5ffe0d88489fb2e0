#include "server/routes/collection_routes.h"

#include <boost/json.hpp>
#include <limits>

#include "server/images/image_json.h"
#include "server/images/slug.h"
#include "server/routes/request_body.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;

Result<images::PageWanted> page_wanted(const http::Request& request) {
  images::PageWanted page{query_text(request, "cursor")};
  auto limit = query_limit(request, page.limit);
  if (!limit) return limit.error();
  page.limit = *limit;
  return page;
}

json::value cursor_json(const std::string& next) {
  if (next.empty()) return nullptr;
  return json::value(next);
}

json::object collection_json(const db::CollectionSummary& summary) {
  return {{"collection", summary.collection},
          {"name_count", summary.names},
          {"image_count", summary.images},
          {"changed_at", to_iso8601(summary.changed_at)}};
}

json::object name_json(const db::NameSummary& summary, const images::ImageUrls& urls,
                       const images::RetentionRule& rule) {
  json::object object{{"name", summary.name}, {"version_count", summary.versions}, {"current", nullptr}};
  if (summary.current) object["current"] = images::image_details_json(*summary.current, urls, rule);
  return object;
}

Result<std::uint32_t> version_member(const json::object& members) {
  auto version = integer_member(members, "version", 1, std::numeric_limits<std::uint32_t>::max());
  if (!version) return version.error();
  if (!*version) return Error{Errc::invalid_request, "`version` is required: the number of the version to go back to"};
  return static_cast<std::uint32_t>(**version);
}

}  // namespace

CollectionRoutes::CollectionRoutes(images::CollectionService& collections, const images::ImageUrls& urls,
                                   const images::RetentionRule& rule)
    : collections_(collections), urls_(urls), rule_(rule) {}

Task<Result<http::Response>> CollectionRoutes::list(http::Request& request, guard::Caller caller) {
  auto user = user_for(request.param("user"), caller);
  if (!user) co_return user.error();
  auto wanted = page_wanted(request);
  if (!wanted) co_return wanted.error();
  auto page = co_await collections_.collections(std::move(*user), std::move(*wanted));
  if (!page) co_return page.error();

  json::array shown;
  for (const auto& summary : page->collections) shown.push_back(collection_json(summary));
  const json::object answer{{"collections", std::move(shown)}, {"next_cursor", cursor_json(page->next)}};
  co_return http::json_response(200, json::serialize(answer));
}

Task<Result<http::Response>> CollectionRoutes::names(http::Request& request, guard::Caller caller) {
  auto user = user_for(request.param("user"), caller);
  if (!user) co_return user.error();
  auto collection = images::make_collection_slug(request.param("collection"));
  if (!collection) co_return collection.error();
  auto wanted = page_wanted(request);
  if (!wanted) co_return wanted.error();
  auto page = co_await collections_.names(std::move(*user), *collection, std::move(*wanted));
  if (!page) co_return page.error();

  json::array shown;
  for (const auto& summary : page->names) shown.push_back(name_json(summary, urls_, rule_));
  const json::object answer{
      {"collection", *collection}, {"names", std::move(shown)}, {"next_cursor", cursor_json(page->next)}};
  co_return http::json_response(200, json::serialize(answer));
}

Task<Result<http::Response>> CollectionRoutes::name(http::Request& request, guard::Caller caller) {
  auto user = user_for(request.param("user"), caller);
  if (!user) co_return user.error();
  auto name = path_name(request);
  if (!name) co_return name.error();
  auto summary = co_await collections_.name(std::move(*user), *name);
  if (!summary) co_return summary.error();
  json::object answer = name_json(*summary, urls_, rule_);
  answer["collection"] = name->collection;
  co_return http::json_response(200, json::serialize(answer));
}

Task<Result<http::Response>> CollectionRoutes::versions(http::Request& request, guard::Caller caller) {
  auto user = user_for(request.param("user"), caller);
  if (!user) co_return user.error();
  auto name = path_name(request);
  if (!name) co_return name.error();
  auto wanted = page_wanted(request);
  if (!wanted) co_return wanted.error();
  auto page = co_await collections_.versions(std::move(*user), *name, std::move(*wanted));
  if (!page) co_return page.error();

  json::array shown;
  for (const auto& image : page->versions) shown.push_back(images::image_details_json(image, urls_, rule_));
  const json::object answer{{"collection", name->collection},
                            {"name", name->name},
                            {"versions", std::move(shown)},
                            {"next_cursor", cursor_json(page->next)}};
  co_return http::json_response(200, json::serialize(answer));
}

Task<Result<http::Response>> CollectionRoutes::set_current(http::Request& request, guard::Caller caller) {
  auto user = user_for(request.param("user"), caller);
  if (!user) co_return user.error();
  auto name = path_name(request);
  if (!name) co_return name.error();
  const auto members = co_await read_members(*request.body, body_limit);
  if (!members) co_return members.error();
  const auto version = version_member(*members);
  if (!version) co_return version.error();
  auto image = co_await collections_.set_current(std::move(*user), std::move(*name), *version);
  if (!image) co_return image.error();
  co_return http::json_response(200, json::serialize(images::image_details_json(*image, urls_, rule_)));
}

}  // namespace lightfast::routes
