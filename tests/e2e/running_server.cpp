#include "tests/e2e/running_server.h"

#include <catch2/catch.hpp>
#include <regex>

#include "base/encoding.h"
#include "tests/support/documented_api.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;

Environment with_known_key(Environment environment) {
  environment.emplace("API_KEYS", known_key);
  return environment;
}

}  // namespace

RunningServer::RunningServer(Environment environment)
    : process_(with_known_key(std::move(environment))), client_(process_.port()) {
  process_.start();
  standing_files_ = other_files();
}

HttpRequest upload_request(const std::string& bytes, const std::string& user, const std::string& query) {
  return {.method = "POST",
          .target = "/v1/images/upload?user_id=" + percent_encode(user) + query,
          .headers = {with_key.front(), {"Content-Type", "application/octet-stream"}},
          .body = bytes};
}

HttpResponse RunningServer::api(const std::string& method, const std::string& target, const std::string& body,
                                const Headers& headers) {
  HttpRequest request{.method = method, .target = target, .headers = headers, .body = body};
  request.headers.push_back(with_key.front());
  if (!body.empty() && headers.empty()) request.headers.emplace_back("Content-Type", "application/json");
  return send(request);
}

HttpResponse RunningServer::send(const HttpRequest& request) {
  HttpResponse response = client_.send(request);
  for (const auto& complaint : DocumentedApi::instance().check(request, response)) {
    FAIL_CHECK(request.method << " " << request.target << " got " << response.status << " "
                              << response.body.substr(0, 500) << "\nnot as openapi.json has it: " << complaint);
  }
  return response;
}

HttpResponse RunningServer::upload(const std::string& bytes, const std::string& user, const std::string& query) {
  return send(upload_request(bytes, user, query));
}

boost::json::object RunningServer::uploaded(const std::string& bytes, const std::string& user,
                                            const std::string& query) {
  const HttpResponse response = upload(bytes, user, query);
  INFO(response.body);
  REQUIRE(response.status == 201);
  return response.json().as_object();
}

std::string RunningServer::path_of(const boost::json::object& image) const {
  const std::string url = text(image, "url");
  INFO(url);
  REQUIRE(url.starts_with(process_.base_url() + "/"));
  return url.substr(process_.base_url().size());
}

std::set<std::string> RunningServer::image_files() const {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(process_.images())) {
    if (!entry.is_directory()) files.insert(fs::relative(entry.path(), process_.images()).string());
  }
  return files;
}

std::set<std::string> RunningServer::other_files() const {
  std::set<std::string> files;
  for (auto entry = fs::recursive_directory_iterator(process_.data()); entry != fs::end(entry); ++entry) {
    if (entry->path() == process_.images()) entry.disable_recursion_pending();
    if (!entry->is_directory()) files.insert(fs::relative(entry->path(), process_.data()).string());
  }
  return files;
}

std::set<std::string> RunningServer::leftovers() const {
  std::set<std::string> files = other_files();
  std::erase_if(files, [&](const std::string& name) {
    return standing_files_.contains(name) || name == "lightfast.db-wal" || name == "lightfast.db-shm" ||
           name == "ballast";
  });
  return files;
}

std::string text(const boost::json::object& object, std::string_view member) {
  INFO("member " << member);
  const boost::json::value* value = object.if_contains(member);
  REQUIRE(value);
  REQUIRE(value->is_string());
  return std::string(value->get_string());
}

std::int64_t number(const boost::json::object& object, std::string_view member) {
  INFO("member " << member);
  const boost::json::value* value = object.if_contains(member);
  REQUIRE(value);
  REQUIRE(value->is_int64());
  return value->get_int64();
}

bool is_null_or_absent(const boost::json::object& object, std::string_view member) {
  const boost::json::value* value = object.if_contains(member);
  return !value || value->is_null();
}

bool is_image_id(std::string_view id) {
  static const std::regex pattern("img_[0-7][0-9a-hjkmnp-tv-z]{25}");
  return std::regex_match(id.begin(), id.end(), pattern);
}

bool is_whole_second_utc(std::string_view time) {
  static const std::regex pattern(R"(20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ)");
  return std::regex_match(time.begin(), time.end(), pattern);
}

void check_problem(const HttpResponse& response, int status, std::string_view code) {
  INFO(response.status << " " << response.body);
  CHECK(response.status == status);
  CHECK(response.header("Content-Type").starts_with("application/problem+json"));
  const boost::json::value body = response.json();
  REQUIRE(body.is_object());
  const boost::json::object& problem = body.get_object();
  CHECK(text(problem, "code") == code);
  CHECK(number(problem, "status") == status);
  CHECK_FALSE(text(problem, "type").empty());
  CHECK_FALSE(text(problem, "title").empty());
  CHECK_FALSE(text(problem, "detail").empty());
}

}  // namespace lightfast::test
