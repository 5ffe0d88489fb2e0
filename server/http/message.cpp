#include "server/http/message.h"

#include <algorithm>
#include <stdexcept>

#include "base/encoding.h"
#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

Error broken_escape(std::string_view text) {
  return {Errc::invalid_request, "the query holds a broken percent-escape in \"" + std::string(text.substr(0, 64)) +
                                     "\"; write %25 for a '%'"};
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::delete_: return "DELETE";
    case Method::options: return "OPTIONS";
    case Method::other: break;
  }
  return "ANY";
}

void Headers::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(name, value);
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [name](const auto& field) { return same_name(field.first, name); });
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& field : fields_) {
    if (same_name(field.first, name)) return &field.second;
  }
  return nullptr;
}

std::string Headers::combined(std::string_view name) const {
  std::string joined;
  bool first = true;
  for (const auto& field : fields_) {
    if (!same_name(field.first, name)) continue;
    if (!first) joined += ", ";
    joined += field.second;
    first = false;
  }
  return joined;
}

Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
    if (!name || !value) return broken_escape(pair);
    query.pairs_.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

const std::string* Query::find(std::string_view name) const {
  for (const auto& pair : pairs_) {
    if (pair.first == name) return &pair.second;
  }
  return nullptr;
}

const std::string& Request::param(std::string_view name) const {
  for (const auto& entry : params) {
    if (entry.first == name) return entry.second;
  }
  throw std::logic_error("the route's pattern has no {" + std::string(name) + "}");
}

Task<Result<std::string>> read_all(BodyReader& body, std::uint64_t limit) {
  const Error too_large{Errc::too_large, "the body is over the " + std::to_string(limit) + " bytes allowed here"};
  const auto length = body.content_length();
  if (length && *length > limit) co_return too_large;
  std::string text;
  if (length) text.reserve(*length);
  while (true) {
    auto piece = co_await body.read();
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return text;
    if (piece->size() > limit - text.size()) co_return too_large;
    text.append(reinterpret_cast<const char*>(piece->data()), piece->size());
  }
}

std::uint64_t Response::body_size() const {
  std::uint64_t size = 0;
  for (const auto& part : body) {
    const auto* text = std::get_if<std::string>(&part);
    size += text ? text->size() : std::get<FileSlice>(part).length;
  }
  return size;
}

Response json_response(int status, std::string json) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body.emplace_back(std::move(json));
  return response;
}

}  // namespace lightfast::http
