#include "server/http/request_target.h"

#include "base/encoding.h"
#include "server/http/http_text.h"

namespace lightfast::http {
std::optional<std::string_view> path_and_query(std::string_view target) {
  if (target.starts_with('/')) return target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_name(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const auto authority_end = std::min(target.find_first_of("/?"), target.size());
    if (authority_end == 0) return std::nullopt;
    return target.substr(authority_end);
  }
  return std::nullopt;
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

Result<void> parse_target(Request& request) {
  if (request.method_text == "CONNECT") return {};
  if (request.method == Method::options && request.target == "*") {
    request.path = "*";
    return {};
  }
  const auto rest = path_and_query(request.target);
  if (!rest) {
    return Error{Errc::invalid_request, "the request target must be a path that begins with '/', or an http URL"};
  }
  const auto question = rest->find('?');
  request.path = rest->substr(0, question);
  if (request.path.empty()) request.path = "/";
  for (const auto segment : split_path(request.path)) {
    auto decoded = percent_decode(segment);
    if (!decoded)
      return Error{Errc::not_found, "there is nothing here: the path holds a broken percent-escape or a NUL"};
    request.segments.push_back(std::move(*decoded));
  }
  if (question == rest->npos) return {};
  auto query = Query::parse(rest->substr(question + 1));
  if (!query) return query.error();
  request.query = std::move(*query);
  return {};
}

}  // namespace lightfast::http
