#include "server/routes/sign_routes.h"

#include <boost/json.hpp>

#include "server/routes/request_body.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {

Task<Result<http::Response>> SignRoutes::sign(http::Request& request, guard::Caller caller) {
  auto members = co_await read_members(*request.body, body_limit);
  if (!members) co_return members.error();
  auto user = member_user(*members, caller);
  if (!user) co_return user.error();
  auto id_text = string_member(*members, "id");
  if (!id_text) co_return id_text.error();
  if (!*id_text) co_return Error{Errc::invalid_request, "`id` is required: the image's"};
  auto id = ImageId::parse(**id_text);
  if (!id) co_return id.error();
  auto wish = images::read_signing_wish(*members);
  if (!wish) co_return wish.error();
  wish->not_after = caller.expires_at;

  auto signed_url = co_await urls_.sign(*user, *id, *wish);
  if (!signed_url && signed_url.error().code == Errc::not_found) {
    signed_url = co_await sign_promised(std::move(*user), std::move(*id), std::move(*wish));
  }
  if (!signed_url) co_return signed_url.error();
  auto response = http::json_response(200, boost::json::serialize(images::signed_url_json(*signed_url)));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

// The URL of a 202 can be signed before there is an image behind it.
Task<Result<images::SignedUrl>> SignRoutes::sign_promised(UserId user, ImageId id, images::SigningWish wish) {
  auto promise = co_await jobs_.find_promise(user, id);
  if (!promise) co_return promise.error();
  co_return urls_.sign_promised(user, id, wish);
}

}  // namespace lightfast::routes
