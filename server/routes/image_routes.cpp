#include "server/routes/image_routes.h"

#include <boost/json.hpp>

#include "server/images/image_json.h"
#include "server/images/slug.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;

struct Target {
  UserId user;
  ImageId id;
};

Result<UserId> path_user(const http::Request& request, const guard::Caller& caller) {
  return user_for(request.param("user"), caller);
}

Result<Target> target(const http::Request& request, const guard::Caller& caller) {
  auto user = path_user(request, caller);
  if (!user) return user.error();
  auto id = ImageId::parse(request.param("id"));
  if (!id) return id.error();
  return Target{std::move(*user), std::move(*id)};
}

Result<db::ImageQuery> list_query(const http::Request& request, const UserId& user) {
  db::ImageQuery query;
  query.user = user;
  for (const auto& [parameter, make_slug, field] :
       {std::tuple{"collection", &images::make_collection_slug, &query.collection},
        {"name", &images::make_name_slug, &query.name}}) {
    const std::string text = query_text(request, parameter);
    if (text.empty()) continue;
    auto slug = make_slug(text);
    if (!slug) return slug.error();
    *field = std::move(*slug);
  }
  query.provider = query_text(request, "provider");
  query.model = query_text(request, "model");
  query.prediction_id = query_text(request, "prediction_id");
  query.text = query_text(request, "q");
  query.cursor = query_text(request, "cursor");
  auto deleted = query_flag(request, "deleted");
  if (!deleted) return deleted.error();
  query.deleted = *deleted;
  auto limit = query_limit(request, query.limit);
  if (!limit) return limit.error();
  query.limit = *limit;
  const std::string order = query_text(request, "order");
  if (order == "oldest")
    query.order = db::ListOrder::oldest;
  else if (order == "largest")
    query.order = db::ListOrder::largest;
  else if (order == "least_recently_accessed")
    query.order = db::ListOrder::least_recently_accessed;
  else if (!order.empty() && order != "newest") {
    return Error{Errc::invalid_request, "`order` must be newest, oldest, largest or least_recently_accessed"};
  }
  return query;
}

}  // namespace

ImageRoutes::ImageRoutes(images::ImageService& images, const images::ImageUrls& urls, const images::RetentionRule& rule)
    : images_(images), urls_(urls), rule_(rule) {}

http::Response ImageRoutes::show(const db::ImageRecord& image) const {
  return http::json_response(200, json::serialize(images::image_details_json(image, urls_, rule_)));
}

Task<Result<http::Response>> ImageRoutes::get(http::Request& request, guard::Caller caller) {
  auto which = target(request, caller);
  if (!which) co_return which.error();
  auto image = co_await images_.get(which->user, which->id);
  if (!image) co_return image.error();
  co_return show(*image);
}

Task<Result<http::Response>> ImageRoutes::remove(http::Request& request, guard::Caller caller) {
  auto which = target(request, caller);
  if (!which) co_return which.error();
  auto removed = co_await images_.remove(which->user, which->id);
  if (!removed) co_return removed.error();
  http::Response response;
  response.status = 204;
  co_return response;
}

Task<Result<http::Response>> ImageRoutes::restore(http::Request& request, guard::Caller caller) {
  auto which = target(request, caller);
  if (!which) co_return which.error();
  auto restored = co_await images_.restore(which->user, which->id);
  if (!restored) co_return restored.error();
  co_return show(*restored);
}

Task<Result<http::Response>> ImageRoutes::pin(http::Request& request, guard::Caller caller) {
  auto which = target(request, caller);
  if (!which) co_return which.error();
  auto pinned = co_await images_.set_pinned(which->user, which->id, true);
  if (!pinned) co_return pinned.error();
  co_return show(*pinned);
}

Task<Result<http::Response>> ImageRoutes::unpin(http::Request& request, guard::Caller caller) {
  auto which = target(request, caller);
  if (!which) co_return which.error();
  auto unpinned = co_await images_.set_pinned(which->user, which->id, false);
  if (!unpinned) co_return unpinned.error();
  co_return show(*unpinned);
}

Task<Result<http::Response>> ImageRoutes::list(http::Request& request, guard::Caller caller) {
  auto user = path_user(request, caller);
  if (!user) co_return user.error();
  auto query = list_query(request, *user);
  if (!query) co_return query.error();
  auto page = co_await images_.list(std::move(*query));
  if (!page) co_return page.error();

  json::array shown;
  for (const auto& image : page->images) shown.push_back(images::image_details_json(image, urls_, rule_));
  json::object answer{{"images", std::move(shown)}, {"next_cursor", nullptr}};
  if (!page->next_cursor.empty()) answer["next_cursor"] = page->next_cursor;
  co_return http::json_response(200, json::serialize(answer));
}

}  // namespace lightfast::routes
