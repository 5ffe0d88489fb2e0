// `lightfast import`: from the shell, beside a running server and without one.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/e2e/running_server.h"
#include "tests/support/fake_files.h"
#include "tests/support/loopback_server.h"

namespace lightfast::test {
namespace {

const Environment reaches_loopback{{"API_KEYS", known_key}, {"DOWNLOAD_ALLOW_NETWORKS", "127.0.0.0/8"}};

FakeFile file_of(const std::string& bytes) {
  FakeFile file;
  file.bytes = bytes;
  return file;
}

std::vector<boost::json::object> lines_of(const std::string& out) {
  std::vector<boost::json::object> objects;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) objects.push_back(boost::json::parse(line).as_object());
  return objects;
}

TEST_CASE("a URL is imported from the shell and served from then on") {
  FakeFiles files;
  LoopbackServer host([&](const ServedRequest& request) { return files.answer(request); });
  files.put("/a.png?sig=x%2By", file_of(png(1)));
  RunningServer server(reaches_loopback);
  const CommandResult result = server.process().run({"import", host.url("/a.png?sig=x%2By"), "--user", "alice"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() == 1);
  CHECK(text(lines[0], "old") == host.url("/a.png?sig=x%2By"));
  files.expire_all();
  boost::json::object image{{"url", lines[0].at("new")}};
  CHECK(server.get(server.path_of(image)).body == png(1));
}

TEST_CASE("a file is imported as it is, without a server too") {
  RunningServer server;
  REQUIRE(server.process().stop() == 0);
  const auto path = server.process().images().parent_path().parent_path() / "picture.bin";
  std::ofstream(path, std::ios::binary) << png(7);
  const CommandResult result = server.process().run({"import", path.string(), "--user", "bob"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  server.process().start();
  boost::json::object image{{"url", lines_of(result.out).at(0).at("new")}};
  CHECK(server.get(server.path_of(image)).body == png(7));
}

TEST_CASE("a table is imported, and run again it prints the whole mapping and fetches only what is missing") {
  FakeFiles files;
  LoopbackServer host([&](const ServedRequest& request) { return files.answer(request); });
  files.put("/1.png", file_of(png(1)));
  files.put("/same-as-1.png", file_of(png(1)));
  RunningServer server(reaches_loopback);
  const auto table = server.process().images().parent_path().parent_path() / "table.csv";
  std::ofstream(table) << "url,user_id\n"
                       << host.url("/1.png") << ",alice\n"
                       << host.url("/same-as-1.png") << ",alice\n"
                       << host.url("/gone.png") << ",alice\n"
                       << "http://127.0.0.1:1/closed.png,alice\n"
                       << ",no url\n";

  const CommandResult first = server.process().run({"import", "--from", table.string()});
  CHECK(first.exit_code == 1);
  CHECK(lines_of(first.out).size() == 2);
  CHECK(first.err.find("/gone.png: source_gone") != std::string::npos);
  CHECK(first.err.find("line 6: `url` is missing") != std::string::npos);
  CHECK(first.err.find("1 imported, 1 here already, 1 gone at their source, 2 failed otherwise\n") !=
        std::string::npos);
  CHECK(server.image_files().size() == 1);

  files.put("/gone.png", file_of(png(3)));
  std::ofstream(table) << "url,user_id\n"
                       << host.url("/1.png") << ",alice\n"
                       << host.url("/same-as-1.png") << ",alice\n"
                       << host.url("/gone.png") << ",alice\n";
  const int fetched = files.fetches("/1.png") + files.fetches("/same-as-1.png");
  const CommandResult second = server.process().run({"import", "--from", table.string()});
  INFO(second.err);
  CHECK(second.exit_code == 0);
  CHECK(lines_of(second.out).size() == 3);
  CHECK(second.err == "lightfast: 1 imported, 2 here already, 0 gone at their source, 0 failed otherwise\n");
  CHECK(files.fetches("/1.png") + files.fetches("/same-as-1.png") == fetched);
  CHECK(server.image_files().size() == 2);
}

TEST_CASE("what is no image, or leads inside, is an error with its code") {
  RunningServer server;
  const CommandResult inside = server.process().run({"import", "http://127.0.0.1:1/x.png"});
  CHECK(inside.exit_code == 1);
  CHECK(inside.err.find("download_forbidden") != std::string::npos);
  CHECK(server.process().run({"import"}).exit_code == 2);
  CHECK(server.process().run({"import", "/no/such/file"}).exit_code == 1);
}

}  // namespace
}  // namespace lightfast::test
