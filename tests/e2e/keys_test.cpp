// Keys made, listed and revoked from the command line.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

struct KeyServer : RunningServer {
  using RunningServer::RunningServer;

  std::string make_key(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"keys", "create"});
    const CommandResult made = process().run(arguments);
    INFO(made.err);
    REQUIRE(made.exit_code == 0);
    REQUIRE(made.out.ends_with("\n"));
    return made.out.substr(0, made.out.size() - 1);
  }
  HttpResponse with(const std::string& key, const std::string& method, const std::string& target,
                    const std::string& body = "") {
    return send({method, target, {{"Authorization", "Bearer " + key}}, body});
  }
};

TEST_CASE("a made key works at once and is printed once and stored nowhere") {
  KeyServer server;
  const std::string key = server.make_key({"--name", "web"});
  CHECK(key.size() == 46);
  CHECK(key.starts_with("lf_"));
  CHECK(server.with(key, "POST", "/v1/images/upload?user_id=ana", png(1)).status == 201);
  CHECK(server.with(key, "GET", "/v1/users/ana/images").status == 200);
  server.process().restart();
  CHECK(server.with(key, "GET", "/v1/users/ana/images").status == 200);
  CHECK(server.process().log().find(key.substr(3)) == std::string::npos);
  for (const char* file : {"lightfast.db", "lightfast.db-wal"}) {
    const auto path = server.process().data() / file;
    if (std::filesystem::exists(path)) CHECK(read_file(path).find(key.substr(3)) == std::string::npos);
  }
}

TEST_CASE("a revoked key is refused from the moment the command ends and after a restart") {
  KeyServer server;
  for (const bool by_id : {false, true}) {
    INFO("by id: " << by_id);
    const std::string key = server.make_key({"--name", "web"});
    CHECK(server.with(key, "GET", "/v1/users/ana/images").status == 200);
    const boost::json::value listed =
        boost::json::parse(server.process()
                               .run({"keys", "list", "--json"})
                               .out.substr(0, server.process().run({"keys", "list", "--json"}).out.find('\n')));
    const std::string id = text(listed.as_object(), "id");
    const CommandResult revoked = server.process().run({"keys", "revoke", by_id ? id : "web"});
    INFO(revoked.err);
    CHECK(revoked.exit_code == 0);
    const HttpResponse refused = server.with(key, "GET", "/v1/users/ana/images");
    check_problem(refused, 401, "unauthorized");
    CHECK(refused.header("WWW-Authenticate").starts_with("Bearer"));
    server.process().restart();
    CHECK(server.with(key, "GET", "/v1/users/ana/images").status == 401);
  }
}

TEST_CASE("keys are made and revoked without a server too") {
  KeyServer server;
  CHECK(server.process().stop() == 0);
  const std::string web = server.make_key({"--name", "web"});
  const std::string phone = server.make_key({"--name", "phone"});
  CHECK(server.process().run({"keys", "revoke", "phone"}).exit_code == 0);
  server.process().start();
  CHECK(server.with(web, "GET", "/v1/users/ana/images").status == 200);
  CHECK(server.with(phone, "GET", "/v1/users/ana/images").status == 401);
}

TEST_CASE("a key for one user works for that user alone who is also its default") {
  KeyServer server;
  const std::string ana = server.make_key({"--name", "phone", "--user", "ana"});
  const boost::json::object hers = server.with(ana, "POST", "/v1/images/upload", png(1)).json().as_object();
  CHECK(text(hers, "user_id") == "ana");
  check_problem(server.with(ana, "POST", "/v1/images/upload?user_id=bob", png(2)), 403, "forbidden");
  check_problem(server.with(ana, "GET", "/v1/users/bob/images"), 403, "forbidden");
  check_problem(server.with(ana, "GET", "/v1/users/default/usage"), 403, "forbidden");

  const std::string bobs = server.path_of(server.uploaded(png(3), "bob", "&visibility=private"));
  check_problem(server.with(ana, "GET", bobs), 404, "not_found");
  const boost::json::object job =
      server.api("POST", "/v1/images/generate", R"({"user_id":"bob","prompt":"x"})", {{"Prefer", "respond-async"}})
          .json()
          .as_object();
  check_problem(server.with(ana, "GET", "/v1/jobs/" + text(job, "job_id")), 404, "not_found");
}

TEST_CASE("a key does what its scope says and no more") {
  KeyServer server;
  const std::string read = server.make_key({"--name", "r", "--scope", "read"});
  const std::string write = server.make_key({"--name", "w", "--scope", "write"});
  check_problem(server.with(read, "POST", "/v1/images/upload?user_id=ana", png(1)), 403, "forbidden");
  CHECK(server.with(read, "GET", "/v1/users/ana/images").status == 200);
  CHECK(server.with(write, "POST", "/v1/images/upload?user_id=ana", png(1)).status == 201);
  check_problem(server.with(write, "GET", "/v1/users/ana/images"), 403, "forbidden");
  const std::string hidden = server.path_of(server.uploaded(png(2), "ana", "&visibility=private"));
  CHECK(server.with(read, "GET", hidden).status == 200);
  check_problem(server.with(write, "GET", hidden), 404, "not_found");
}

TEST_CASE("names of living keys are unique and a revoked one's is free again") {
  KeyServer server;
  server.make_key({"--name", "web"});
  const CommandResult again = server.process().run({"keys", "create", "--name", "web"});
  CHECK(again.exit_code == 1);
  CHECK(again.out.empty());
  CHECK(again.err.find("web") != std::string::npos);
  CHECK(server.process().run({"keys", "revoke", "web"}).exit_code == 0);
  CHECK(server.process().run({"keys", "revoke", "web"}).exit_code == 1);
  server.make_key({"--name", "web"});
}

TEST_CASE("keys list tells everything but the keys") {
  KeyServer server;
  const std::string web = server.make_key({"--name", "web", "--expires-in", "30"});
  const std::string phone = server.make_key({"--name", "phone", "--user", "ana", "--scope", "read"});
  CHECK(server.with(phone, "GET", "/v1/users/ana/images").status == 200);
  CHECK(server.process().run({"keys", "revoke", "web"}).exit_code == 0);

  const CommandResult listed = server.process().run({"keys", "list", "--json"});
  CHECK(listed.exit_code == 0);
  const auto line_end = listed.out.find('\n');
  const boost::json::object newest = boost::json::parse(listed.out.substr(0, line_end)).as_object();
  const boost::json::object oldest = boost::json::parse(listed.out.substr(line_end + 1)).as_object();
  const bool phone_first = text(newest, "name") == "phone";  // both may have been made in one millisecond
  const boost::json::object& of_phone = phone_first ? newest : oldest;
  const boost::json::object& of_web = phone_first ? oldest : newest;
  CHECK(text(of_phone, "user_id") == "ana");
  CHECK(text(of_phone, "scope") == "read");
  CHECK(text(of_phone, "state") == "active");
  CHECK(is_whole_second_utc(text(of_phone, "last_used_at")));
  CHECK(is_null_or_absent(of_phone, "expires_at"));
  CHECK(text(of_web, "state") == "revoked");
  CHECK(is_whole_second_utc(text(of_web, "expires_at")));
  CHECK(is_null_or_absent(of_web, "user_id"));
  for (const std::string& key : {web, phone}) CHECK(listed.out.find(key.substr(3)) == std::string::npos);

  const CommandResult table = server.process().run({"keys", "list"});
  for (const char* word : {"NAME", "phone", "web", "revoked", "active"}) {
    INFO(word);
    CHECK(table.out.find(word) != std::string::npos);
  }
}

TEST_CASE("wrong words about keys are wrong usage and make none") {
  KeyServer server;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"keys"},
           {"keys", "create"},
           {"keys", "create", "--name", "two words"},
           {"keys", "create", "--name", ""},
           {"keys", "create", "--name", std::string(65, 'a')},
           {"keys", "create", "--name", "x", "--scope", "everything"},
           {"keys", "create", "--name", "x", "--user", "-no-user"},
           {"keys", "create", "--name", "x", "--user", "ana", "--scope", "read,admin"},
           {"keys", "create", "--name", "x", "--expires-in", "0"},
           {"keys", "create", "--name", "x", "--expires-in", "soon"},
           {"keys", "revoke"},
           {"keys", "list", "--all"}}) {
    const CommandResult result = server.process().run(arguments);
    INFO(arguments.back() << ": " << result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.find("lf_") == std::string::npos);
  }
  CHECK(server.process().run({"keys", "list", "--json"}).out.empty());
}

TEST_CASE("where administrators have made a key the first start makes none of its own") {
  ServerProcess process;
  const CommandResult made = process.run({"keys", "create", "--name", "web"});
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  process.start();
  CHECK_FALSE(std::filesystem::exists(process.data() / "api-key"));
  HttpClient client(process.port());
  const Headers key = {{"Authorization", "Bearer " + made.out.substr(0, made.out.size() - 1)}};
  CHECK(client.get("/v1/users/ana/images", key).status == 200);
  CHECK(process.run({"keys", "revoke", "web"}).exit_code == 0);
  process.restart();
  CHECK(std::filesystem::exists(process.data() / "api-key"));
}

}  // namespace
}  // namespace lightfast::test
