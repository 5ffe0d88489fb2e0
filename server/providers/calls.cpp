#include "server/providers/calls.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace lightfast::providers {

namespace json = boost::json;
using std::chrono::milliseconds;

milliseconds time_left(Timestamp deadline, Timestamp now) {
  return std::max(std::chrono::duration_cast<milliseconds>(deadline - now), milliseconds(1'000));
}

HttpCall making_call(std::string url, Timestamp deadline, Timestamp now) {
  HttpCall call;
  call.method = "POST";
  call.url = std::move(url);
  call.connection = HttpConnection::fresh;
  call.timeout = time_left(deadline, now);
  call.max_body_bytes = max_answer_bytes;
  return call;
}

HttpCall making_json_call(std::string url, const json::object& body, Timestamp deadline, Timestamp now) {
  HttpCall call = making_call(std::move(url), deadline, now);
  call.headers = {{"Content-Type", "application/json"}};
  call.body = json::serialize(body);
  return call;
}

HttpCall asking_call(std::string url) {
  HttpCall call;
  call.url = std::move(url);
  call.headers = {{"Accept", "application/json"}};
  call.max_body_bytes = max_answer_bytes;
  return call;
}

std::pair<std::string, std::string> bearer(const std::string& key) {
  return {"Authorization", "Bearer " + key};
}

}  // namespace lightfast::providers
