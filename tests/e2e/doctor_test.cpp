#include <unistd.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/e2e/generating_server.h"
#include "tests/support/loopback_server.h"

using namespace lightfast::test;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

struct Diagnosis {
  int exit_code = 0;
  json::object answer;

  // "status: found" of the check of that name; the first one that is not ok, where there are several.
  std::string operator[](std::string_view name) const {
    std::string told = "(no such check)";
    for (const auto& check : answer.at("checks").as_array()) {
      if (check.at("name").as_string() != name) continue;
      const std::string status(check.at("status").as_string());
      CHECK((status == "ok") == check.at("advice").is_null());
      told = status + ": " + std::string(check.at("found").as_string());
      if (status != "ok") break;
    }
    return told;
  }
};

Diagnosis diagnose(ServerProcess& process) {
  const auto ran = process.run({"doctor", "--json"});
  INFO(ran.err);
  return {ran.exit_code, json::parse(ran.out).as_object()};
}

bool says(const std::string& told, const std::string& part) {
  UNSCOPED_INFO(told);
  return told.find(part) != told.npos;
}

}  // namespace

TEST_CASE("doctor finds a running server sound, and leaves nothing behind") {
  GeneratingServer generating;
  RunningServer& server = generating.server;
  server.uploaded(png(1));
  const auto before = server.leftovers();
  const Diagnosis found = diagnose(server.process());
  CHECK(says(found["database"], "ok: "));
  CHECK(says(found["database"], "knows 1 images"));
  CHECK(says(found["writing"], "write, fsync, rename and remove work"));
  CHECK(says(found["case"], "ok: "));
  CHECK(says(found["keys"], "ok: 1 in API_KEYS"));
  CHECK(says(found["public URL"], "leads here"));
  CHECK(says(found["proxies"], "ok: 0 networks are trusted; not tried"));
  CHECK(says(found["provider replicate"], "ok: Replicate takes REPLICATE_API_TOKEN"));
  CHECK(server.leftovers() == before);
}

TEST_CASE("doctor says when the public URL leads to another server") {
  RunningServer other;
  RunningServer server({{"PUBLIC_BASE_URL", "http://127.0.0.1:" + std::to_string(other.process().port())}});
  const Diagnosis found = diagnose(server.process());
  CHECK(found.exit_code == 1);
  CHECK(says(found["public URL"], "leads to a Lightfast with another database"));
}

TEST_CASE("doctor says when callers are not known by their address") {
  const auto told_with = [](const std::string& trusted) {
    RunningServer server(Environment{{"TRUSTED_PROXIES", trusted}});
    // The loopback by a name that does not look like it.
    server.process().environment()["PUBLIC_BASE_URL"] = "http://127.1:" + std::to_string(server.port());
    return diagnose(server.process())["proxies"];
  };
  CHECK(says(told_with("off"), "warning: through the public URL we come from 127.0.0.1"));
  CHECK(says(told_with("127.0.0.0/8"), "failed: whoever sends X-Real-IP or X-Forwarded-For chooses his address"));
  CHECK(says(told_with("10.0.0.0/8,0.0.0.0/0"), "failed: TRUSTED_PROXIES believes everybody"));
  CHECK(says(told_with("::/0"), "failed: TRUSTED_PROXIES believes everybody"));
}

TEST_CASE("doctor finds it well where the proxy says who we are whatever we say") {
  LoopbackServer proxy([](const ServedRequest&) { return answer(200, R"({"client":"8.8.8.8"})"); });
  ServerProcess process({{"PUBLIC_BASE_URL", "http://127.1:" + std::to_string(proxy.port())}});
  CHECK(says(diagnose(process)["proxies"], "ok: through the public URL we come from 8.8.8.8"));
}

TEST_CASE("doctor says when a provider does not take its token") {
  FakeReplicate replicate;
  ServerProcess process({{"REPLICATE_API_TOKEN", "r8_wrong"}, {"REPLICATE_BASE_URL", replicate.base_url()}});
  const Diagnosis found = diagnose(process);
  CHECK(found.exit_code == 1);
  CHECK(says(found["provider replicate"], "failed: "));
  CHECK(says(found["provider replicate"], "401"));
}

TEST_CASE("doctor before the first start makes nothing") {
  ServerProcess process((Environment()));
  const Diagnosis found = diagnose(process);
  CHECK(says(found["database"], "none yet"));
  CHECK(says(found["keys"], "none yet"));
  CHECK_FALSE(fs::exists(process.images()));
  CHECK_FALSE(fs::exists(process.images().parent_path() / "lightfast.db"));
}

TEST_CASE("doctor names a damaged database and a key that others can read") {
  RunningServer server(Environment{{"API_KEYS", ""}});
  server.process().stop();
  const fs::path beside = server.process().images().parent_path();
  fs::permissions(beside / "api-key", fs::perms::others_read, fs::perm_options::add);
  std::ofstream(beside / "lightfast.db", std::ios::trunc) << std::string(4096, 'x');
  fs::remove(beside / "lightfast.db-wal");
  const Diagnosis found = diagnose(server.process());
  CHECK(found.exit_code == 1);
  CHECK(says(found["database"], "failed: "));
  CHECK(says(found["keys"], "can be read by others"));
}

TEST_CASE("doctor on a terminal prints one line a check with what to do about it") {
  ServerProcess process((Environment()));
  const auto ran = process.run({"doctor"});
  CHECK(says(ran.out, "warning  public URL"));
  CHECK(says(ran.out, " -> start the server"));
}
