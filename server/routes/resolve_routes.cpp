#include "server/routes/resolve_routes.h"

#include <boost/json/serialize.hpp>

#include "server/images/image_json.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {

Task<Result<http::Response>> ResolveRoutes::resolve(http::Request& request, guard::Caller caller) {
  const std::string* given = request.query.find("user_id");
  std::optional<UserId> user = caller.user;  // a key for all users looks among all of them
  if (given != nullptr) {
    auto named = user_for(*given, caller);
    if (!named) co_return named.error();
    user = std::move(*named);
  }
  const std::string url = query_text(request, "url");
  if (url.empty()) {
    co_return Error{Errc::invalid_request, "`url` is required: the provider's URL, percent-encoded as one value"};
  }
  auto redirect = query_flag(request, "redirect");
  if (!redirect) co_return redirect.error();
  auto image = co_await sources_.find(std::move(user), url);
  if (!image) co_return image.error();
  auto response = http::json_response(200, boost::json::serialize(images::image_json(*image, urls_, rule_)));
  if (*redirect) {
    response.status = 302;
    response.headers.set("Location", urls_.image_url(*image));
  }
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace lightfast::routes
