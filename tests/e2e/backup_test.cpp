// `lightfast backup` beside a running server and without one, and the server that starts on what it made.
#include <atomic>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"
#include "tests/support/places.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// The images that a test uploaded: their paths, and what must be served there.
using Images = std::map<std::string, std::string>;

json::object report_of(const CommandResult& result) {
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return json::parse(result.out).as_object();
}

Images upload_some(RunningServer& server, std::uint32_t count) {
  Images images;
  for (const FixtureImage& kind : one_of_each_kind()) images[server.path_of(server.uploaded(kind.bytes))] = kind.bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    images[server.path_of(server.uploaded(png(1'000 + i), "user|" + std::to_string(i % 3)))] = png(1'000 + i);
  }
  return images;
}

// A server on a copy as it is.
struct Restored {
  explicit Restored(const fs::path& copy, const std::string& keys = known_key)
      : process({{"API_KEYS", keys}, {"IMAGE_STORAGE_PATH", (copy / "images").string()}}) {
    process.start();
  }
  ServerProcess process;
  HttpClient client{process.port()};
};

void check_restored(const fs::path& copy, const Images& images) {
  Restored restored(copy);
  for (const auto& [path, bytes] : images) {
    INFO(path);
    const HttpResponse response = restored.client.get(path);
    CHECK(response.status == 200);
    CHECK((response.body == bytes));
  }
}

void unpack(const fs::path& tar, const fs::path& folder) {
  fs::create_directories(folder);
  const std::string command = "tar -x -C '" + folder.string() + "' -f '" + tar.string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
}

TEST_CASE("a server starts on a backup and serves every image, and a removed one can be restored there") {
  RunningServer server;
  Images images = upload_some(server, 20);
  const json::object removed = server.uploaded(png(77));
  REQUIRE(server.api("DELETE", "/v1/images/alice/" + text(removed, "id")).status == 204);
  const fs::path copy = server.process().working_folder() / "copy";  // named relative to where the command runs
  const json::object report = report_of(server.process().run({"backup", "copy", "--json"}));
  CHECK(number(report, "images") == static_cast<std::int64_t>(images.size()) + 1);
  CHECK(number(report, "lost") == 0);
  server.process().kill();

  Restored restored(copy);
  CHECK(restored.process.run({"restore", text(removed, "id")}).exit_code == 0);
  images[server.path_of(removed)] = png(77);
  for (const auto& [path, bytes] : images) CHECK((restored.client.get(path).body == bytes));
}

TEST_CASE("a second backup into the same folder copies what is new, with a server and without one") {
  RunningServer server;
  Images images = upload_some(server, 3);
  const fs::path copy = server.process().working_folder() / "copy";
  report_of(server.process().run({"backup", "copy", "--json"}));
  const json::object added = server.uploaded(png(2));
  images[server.path_of(added)] = png(2);
  CHECK(number(report_of(server.process().run({"backup", copy.string(), "--json"})), "copied") == 1);
  CHECK(server.process().stop() == 0);
  CHECK(number(report_of(server.process().run({"backup", "copy", "--json"})), "copied") == 0);
  check_restored(copy, images);
}

TEST_CASE("a tar stream unpacks to what a server starts on, its generated key and all") {
  RunningServer server(Environment{{"API_KEYS", ""}});
  const std::string key = read_file(server.process().data() / "api-key");
  const Headers generated = {{"Authorization", "Bearer " + key.substr(0, key.find('\n'))},
                             {"Content-Type", "image/png"}};
  HttpClient client = server.new_client();
  const HttpResponse uploaded = client.send({"POST", "/v1/images/upload?user_id=alice", generated, png(1)});
  REQUIRE(uploaded.status == 201);
  const fs::path tar = server.process().working_folder() / "backup.tar";
  const CommandResult result = server.process().run({"backup", "-"});
  REQUIRE(result.exit_code == 0);
  write_file(tar, result.out);
  const fs::path copy = server.process().working_folder() / "unpacked";
  unpack(tar, copy);
  server.process().kill();

  Restored restored(copy, "");
  CHECK((restored.client.get(server.path_of(uploaded.json().as_object())).body == png(1)));
  CHECK(restored.client.send({"POST", "/v1/images/upload?user_id=alice", generated, png(2)}).status == 201);
}

// Uploads until told to stop, and removes every third again at once. In a thread, where nothing may be asserted.
void write_on(HttpClient client, std::uint32_t writer, const std::atomic<bool>& stop, std::mutex& mutex,
              Images& acknowledged) {
  const std::string user = "writer" + std::to_string(writer);
  for (std::uint32_t i = 0; !stop; ++i) {
    const std::string bytes = png(writer * 100'000 + i);
    const HttpResponse response = client.send(upload_request(bytes, user));
    if (response.status != 201) continue;
    const std::string id(response.json().at("id").as_string());
    if (i % 3 == 0) {
      client.send({.method = "DELETE", .target = "/v1/images/" + user + "/" + id, .headers = with_key});
      continue;
    }
    const std::lock_guard lock(mutex);
    acknowledged["/v1/images/hosted/" + user + "/" + id + ".png"] = bytes;
  }
}

TEST_CASE("what was acknowledged before a backup began is in it, whatever goes on meanwhile") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_TRASH_DAYS", "0"}});
  std::mutex mutex;
  Images acknowledged;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (std::uint32_t writer = 0; writer < 8; ++writer) {
    threads.emplace_back([&, writer] { write_on(server.new_client(), writer, stop, mutex, acknowledged); });
  }
  threads.emplace_back([&] {
    while (!stop) server.process().run({"cleanup"});
  });
  std::vector<std::pair<fs::path, Images>> copies;
  for (const std::string name : {"first", "second"}) {
    const auto enough = [&] {
      const std::lock_guard lock(mutex);
      return acknowledged.size() >= (copies.size() + 1) * 60;
    };
    while (!enough()) std::this_thread::yield();
    Images before;
    {
      const std::lock_guard lock(mutex);
      before = acknowledged;
    }
    const fs::path copy = server.process().working_folder() / name;
    const CommandResult result = server.process().run({"backup", name});
    INFO(result.err);
    CHECK(result.exit_code == 0);
    copies.emplace_back(copy, std::move(before));
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  for (const auto& [copy, images] : copies) check_restored(copy, images);
}

TEST_CASE("a damaged image is named, the rest is backed up, and the exit code tells") {
  RunningServer server;
  const Images images = upload_some(server, 2);
  const json::object damaged = server.uploaded(png(77));
  write_file(server.process().images() / "alice" / (text(damaged, "id") + ".png"), "damaged");
  const CommandResult result = server.process().run({"backup", "copy"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Catch::Contains(text(damaged, "id")));
  CHECK(server.process().run({"backup", "-"}).exit_code == 1);
  check_restored(server.process().working_folder() / "copy", images);
}

TEST_CASE("a backup is refused where it would do harm, and says why") {
  RunningServer server;
  server.uploaded(png(1));
  const auto refused = [&](const std::string& target, int exit_code, const std::string& why) {
    const CommandResult result = server.process().run({"backup", target});
    INFO(result.err);
    CHECK(result.exit_code == exit_code);
    CHECK_THAT(result.err, Catch::Contains(why));
  };
  refused(server.process().data().string(), 2, "the data folder");
  refused((server.process().images() / "backup").string(), 2, "the data folder");
  refused("no/such/folder", 1, "No such file or directory");
  fs::create_directories(server.process().working_folder() / "mine");
  write_file(server.process().working_folder() / "mine" / "letter.txt", "dear");
  refused("mine", 1, "letter.txt");
  CHECK(server.process().run({"backup"}).exit_code == 2);
}

TEST_CASE("a reader of the stream that goes away fails the backup, and the next one works") {
  RunningServer server;
  for (std::uint32_t i = 0; i < 4; ++i) server.uploaded(png(i, 600, 600));
  const std::string command = "bash -c \"set -o pipefail; IMAGE_STORAGE_PATH='" + server.process().images().string() +
                              "' '" + program_under_test().string() + "' backup - 2>&1 | head -c 10 >/dev/null\"";
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(eventually([&] { return server.process().run({"backup", "-"}).exit_code == 0; }));
  CHECK(server.leftovers().empty());
}

}  // namespace
}  // namespace lightfast::test
