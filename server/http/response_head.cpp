#include "server/http/response_head.h"

#include <algorithm>

#include "server/http/error_response.h"
#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

bool is_sessions_own(std::string_view name) {
  constexpr std::string_view own[] = {"Content-Length", "Date", "Connection", "Transfer-Encoding", "X-Request-Id"};
  return std::any_of(std::begin(own), std::end(own), [name](auto each) { return same_name(each, name); });
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  const auto value_at = head.size();
  head.append(value);
  // Nothing that a handler was talked into putting in a value may begin a line of its own.
  std::replace_if(
      head.begin() + static_cast<std::ptrdiff_t>(value_at), head.end(), [](char c) { return !is_text_char(c); }, ' ');
  head.append("\r\n");
}

}  // namespace

const std::string& DateText::now() {
  const auto time = clock_.now();
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != second_ || text_.empty()) {
    text_ = to_http_date(time);
    second_ = second;
  }
  return text_;
}

bool allows_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string make_head(const Response& response, const HeadContext& context) {
  std::string head;
  head.reserve(640);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason_phrase(response.status)).append("\r\n");
  append_field(head, "Date", context.date);
  for (const auto& [name, value] : response.headers.all()) {
    if (!is_sessions_own(name)) append_field(head, name, value);
  }
  const bool is_chunked = response.stream && !context.is_http_1_0;
  if (allows_body(response.status) && is_chunked) append_field(head, "Transfer-Encoding", "chunked");
  if (allows_body(response.status) && !response.stream) {
    append_field(head, "Content-Length", std::to_string(response.body_size()));
  }
  if (!context.keep_alive) append_field(head, "Connection", "close");
  if (context.keep_alive && context.is_http_1_0) append_field(head, "Connection", "keep-alive");
  if (!context.request_id.empty()) append_field(head, "X-Request-Id", context.request_id);
  head.append("\r\n");
  return head;
}

}  // namespace lightfast::http
