// A response's head as it goes over the wire. Pure functions but for the date, which is kept for a second.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "server/http/message.h"

namespace lightfast::http {

// The Date header's value, made anew once a second. One thread.
class DateText {
 public:
  explicit DateText(const Clock& clock) : clock_(clock) {}
  const std::string& now();

 private:
  const Clock& clock_;
  std::chrono::sys_seconds second_{};
  std::string text_;
};

// What the session knows of the exchange beside the response.
struct HeadContext {
  std::string_view date;
  std::string_view request_id;  // empty: not sent
  bool is_http_1_0 = false;
  bool keep_alive = true;
};

// Whether a response of this status has content, and with it a Content-Length (RFC 9110 section 8.6).
bool allows_body(int status);

// Status line to blank line. Content-Length, Date, Connection, Transfer-Encoding and X-Request-Id are the session's
// and not taken from the response's headers; a control byte in a value becomes a space. A body of unknown length is
// chunked, and to HTTP/1.0 it ends with the connection.
std::string make_head(const Response& response, const HeadContext& context);

}  // namespace lightfast::http
