#include "tests/torture/subject.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/encoding.h"
#include "tests/support/fixture_images.h"

namespace lightfast::torture {
namespace {

const std::string key = "torture-0123456789abcdef-known-key";

}  // namespace

std::string TestImage::bytes() const {
  return test::png(number, side, side);
}

SubjectClient::SubjectClient(int port, std::chrono::milliseconds patience) : client_(port, patience) {}

Answer SubjectClient::exchange(const test::HttpRequest& request) {
  try {
    test::HttpResponse response = client_.send(request);
    return {response.status, std::move(response.body)};
  } catch (const test::TimedOut& error) {
    client_.close();
    return {.body = error.what(), .timed_out = true};
  } catch (const test::TransportError& error) {
    client_.close();
    return {0, error.what()};
  }
}

Answer SubjectClient::send(test::HttpRequest request) {
  request.headers.emplace_back("Authorization", "Bearer " + key);
  return exchange(request);
}

Answer SubjectClient::get_without_key(const std::string& path) {
  return exchange({.target = path});
}

Answer SubjectClient::upload(const std::string& user, const std::string& bytes) {
  return send({.method = "POST",
               .target = "/v1/images/upload?user_id=" + percent_encode(user),
               .headers = {{"Content-Type", "application/octet-stream"}},
               .body = bytes});
}

Answer SubjectClient::get(const std::string& path, const test::Headers& headers) {
  return send({.target = path, .headers = headers});
}

Answer SubjectClient::remove(const std::string& user, const std::string& id) {
  return send({.method = "DELETE", .target = "/v1/images/" + percent_encode(user) + "/" + id});
}

Answer SubjectClient::restore(const std::string& user, const std::string& id) {
  return send({.method = "POST", .target = "/v1/images/" + percent_encode(user) + "/" + id + "/restore"});
}

std::optional<std::set<std::string>> SubjectClient::list(const std::string& user, const std::string& query) {
  std::set<std::string> ids;
  std::string cursor;
  do {
    const Answer page = send({.target = "/v1/users/" + percent_encode(user) + "/images?" + query +
                                        (cursor.empty() ? "" : "&cursor=" + percent_encode(cursor))});
    if (page.status != 200) return std::nullopt;
    const boost::json::value answer = boost::json::parse(page.body);
    for (const auto& image : answer.at("images").as_array()) ids.emplace(image.at("id").as_string());
    const auto& next = answer.at("next_cursor");
    cursor = next.is_string() ? std::string(next.as_string()) : "";
  } while (!cursor.empty());
  return ids;
}

std::string path_of(const Answer& upload) {
  const std::string url(boost::json::parse(upload.body).at("url").as_string());
  return url.substr(url.find("/v1/"));
}

std::string id_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find('.'));
}

std::string file_of(const std::string& path) {
  return path.substr(std::string("/v1/images/hosted/").size());
}

test::Environment subject_environment(test::Environment extra) {
  extra.emplace("API_KEYS", key);
  extra.emplace("LOG_LEVEL", "warning");
  return extra;
}

test::Environment without(const std::string& guarantee, test::Environment environment) {
  if (guarantee.empty()) return environment;
  environment["LD_PRELOAD"] = TORTURE_WITHOUT_LIBRARY;
  environment["LIGHTFAST_WITHOUT"] = guarantee;
  return environment;
}

std::chrono::milliseconds timed_start(test::ServerProcess& server) {
  const auto begin = std::chrono::steady_clock::now();
  server.start();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

}  // namespace lightfast::torture
