// What is logged: JSON, a line an event, with request ids and without secrets.
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "base/encoding.h"
#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool mentions(const std::string& log, const std::string& word) {
  return log.find(word) != std::string::npos;
}

// Some of everything, then the end, so that all is written.
void exercise(RunningServer& server) {
  HttpRequest upload = upload_request(png(1));
  upload.headers.emplace_back("X-Request-Id", "upload-id-77");
  CHECK(server.send(upload).status == 201);
  HttpRequest refused = upload_request("no image at all, only words");
  refused.headers.emplace_back("X-Request-Id", "refused-id-78");
  CHECK(server.send(refused).status == 415);
  HttpRequest stranger = upload_request(png(1));
  stranger.headers = {{"Authorization", "Bearer stranger-key-0123456789"}, {"X-Request-Id", "stranger-id-79"}};
  CHECK(server.send(stranger).status == 401);
  server.get("/v1/users/alice/images?api_key=" + known_key, {{"X-Request-Id", "query-id-80"}});
  server.get("/\x1b[31mred\"}\\", {{"User-Agent", "evil\"} {\x1b[2J"}});
  CHECK(server.process().stop() == 0);
}

TEST_CASE("away from a terminal every line is a JSON object with time, level and message") {
  RunningServer server;
  exercise(server);
  const auto lines = lines_of(server.process().log());
  CHECK(lines.size() >= 3);
  for (const std::string& line : lines) {
    INFO(line);
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(line, error);
    REQUIRE_FALSE(error);
    REQUIRE(value.is_object());
    CHECK_FALSE(text(value.get_object(), "time").empty());
    CHECK_FALSE(text(value.get_object(), "level").empty());
    CHECK(value.get_object().contains("message"));
  }
}

TEST_CASE("requests are logged with their ids, keys never, at any level") {
  RunningServer server(Environment{{"LOG_LEVEL", GENERATE("info", "debug")}});
  exercise(server);
  const std::string log = server.process().log();
  for (const char* id : {"upload-id-77", "refused-id-78", "stranger-id-79"}) {
    INFO(id);
    CHECK(mentions(log, id));
  }
  CHECK_FALSE(mentions(log, known_key));
  CHECK_FALSE(mentions(log, "stranger-key-0123456789"));
  CHECK_FALSE(mentions(log, "\x1b"));
}

TEST_CASE("successful image GETs are logged at debug only, failures at once") {
  const auto log_with = [](const std::string& level) {
    RunningServer server(Environment{{"LOG_LEVEL", level}});
    const std::string path = server.path_of(server.uploaded(png(1)));
    CHECK(server.get(path, {{"X-Request-Id", "image-get-id-81"}}).status == 200);
    CHECK(server.process().stop() == 0);
    return server.process().log();
  };
  CHECK_FALSE(mentions(log_with("info"), "image-get-id-81"));
  CHECK(mentions(log_with("debug"), "image-get-id-81"));
}

TEST_CASE("LOG_LEVEL=error keeps a good day silent") {
  RunningServer server(Environment{{"LOG_LEVEL", "error"}});
  server.uploaded(png(1));
  CHECK(server.process().stop() == 0);
  CHECK(server.process().log().empty());
}

TEST_CASE("the start logs the retention rule in force") {
  RunningServer server(Environment{{"IMAGE_MAX_AGE_DAYS", "77"}, {"IMAGE_PER_USER_LIMIT", "55"}});
  const std::string log = server.process().log();
  INFO(log);
  bool found = false;
  for (const std::string& line : lines_of(log)) found = found || (mentions(line, "77") && mentions(line, "55"));
  CHECK(found);
}

TEST_CASE("LOG_FORMAT=text writes lines that are no JSON") {
  RunningServer server(Environment{{"LOG_FORMAT", "text"}});
  CHECK(server.process().stop() == 0);
  const auto lines = lines_of(server.process().log());
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.front().front() != '{');
}

}  // namespace
}  // namespace lightfast::test
