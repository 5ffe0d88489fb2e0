// Behind a proxy and without one: whose word on who is calling is believed.
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

const Environment behind_a_proxy = {{"TRUSTED_PROXIES", "127.0.0.0/8, ::1"}};

// Whom the log names as the client of the request with this id.
std::string client_in_log(RunningServer& server, const std::string& request_id) {
  std::istringstream lines(server.process().log());
  for (std::string line; std::getline(lines, line);) {
    const auto event = boost::json::parse(line).as_object();
    if (event.contains("request_id") && text(event, "request_id") == request_id) return text(event, "client");
  }
  return "(no such line)";
}

std::string client_told(RunningServer& server, Headers headers) {
  headers.emplace_back("X-Request-Id", "asked");
  server.get("/nowhere", headers);
  CHECK(server.process().stop() == 0);
  return client_in_log(server, "asked");
}

TEST_CASE("nobody but a trusted proxy can say who is calling") {
  RunningServer server;
  CHECK(client_told(server, {{"X-Real-IP", "198.51.100.1"}, {"X-Forwarded-For", "198.51.100.2"}}) == "127.0.0.1");
}

TEST_CASE("whom a trusted proxy names is the client in the log") {
  RunningServer server(behind_a_proxy);
  const auto [headers, client] = GENERATE(table<Headers, std::string>({
      {{{"X-Forwarded-For", "1.1.1.1, 198.51.100.2:4711, 127.0.0.5"}}, "198.51.100.2"},
      {{{"X-Real-IP", "2001:DB8::1"}, {"X-Forwarded-For", "198.51.100.2"}}, "2001:db8::1"},
      {{{"X-Real-IP", "evil\"} {"}, {"X-Forwarded-For", "1.1.1.1, <script>"}}, "127.0.0.1"},
  }));
  CHECK(client_told(server, headers) == client);
  CHECK(server.process().log().find("evil") == std::string::npos);
}

TEST_CASE("a proxy that is not trusted is said to be so once") {
  RunningServer server;
  for (int i = 0; i < 3; ++i) server.get("/nowhere", {{"X-Forwarded-For", "198.51.100.2"}});
  CHECK(server.process().stop() == 0);
  const std::string log = server.process().log();
  const auto first = log.find("requests come through a proxy that is not trusted");
  REQUIRE(first != std::string::npos);
  CHECK(log.find("\"proxy\":\"127.0.0.1\"", first) != std::string::npos);
  CHECK(log.find("requests come through a proxy", first + 1) == std::string::npos);
}

TEST_CASE("of a trusted proxy and of none at all nothing is said") {
  const bool is_behind = GENERATE(true, false);
  RunningServer server(is_behind ? behind_a_proxy : Environment());
  server.get("/nowhere", is_behind ? Headers{{"X-Forwarded-For", "10.0.0.1"}} : Headers{});
  CHECK(server.process().stop() == 0);
  CHECK(server.process().log().find("requests come through a proxy") == std::string::npos);
}

TEST_CASE("healthz tells its caller who he is taken for") {
  RunningServer server(behind_a_proxy);
  const auto told = [&](const Headers& headers) {
    return text(server.get("/healthz", headers).json().as_object(), "client");
  };
  CHECK(told({}) == "127.0.0.1");
  CHECK(told({{"X-Real-IP", "2001:db8::1"}}) == "2001:db8::1");
}

TEST_CASE("a network that is none stops the start") {
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  const auto result = process.run({"serve"}, {{"TRUSTED_PROXIES", "10.0.0.0/8,cloudflare"}});
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("TRUSTED_PROXIES=cloudflare: allowed is networks such as 10.0.0.0/8") != std::string::npos);
}

}  // namespace
}  // namespace lightfast::test
