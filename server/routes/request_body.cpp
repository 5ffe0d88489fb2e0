#include "server/routes/request_body.h"

#include "base/json_members.h"

namespace lightfast::routes {

Task<Result<boost::json::object>> read_members(http::BodyReader& body, std::uint64_t limit) {
  auto text = co_await http::read_all(body, limit);
  if (!text) co_return text.error();
  auto members = parse_object(*text);
  co_return members;
}

}  // namespace lightfast::routes
