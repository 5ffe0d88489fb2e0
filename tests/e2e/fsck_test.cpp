// `lightfast fsck`, beside a running server and without one: every kind of damage made by hand, found and mended.
#include <sys/stat.h>

#include <atomic>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const std::string other_id = "img_01jd0000000000000000000000";

struct Checked {
  RunningServer server;

  fs::path file_of(const json::object& image) {
    return server.process().images() / text(image, "user_id") / (text(image, "id") + ".png");
  }
  json::object fsck(int exit_code, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"fsck", "--json"});
    const CommandResult result = server.process().run(arguments);
    INFO(result.err);
    INFO(result.out);
    REQUIRE(result.exit_code == exit_code);
    return json::parse(result.out).as_object();
  }
  // Each path with its word.
  static std::map<std::string, std::string> words(const json::object& report, const char* list, const char* kind) {
    std::map<std::string, std::string> words;
    for (const auto& note : report.at(list).as_array()) {
      words[text(note.as_object(), "path")] = text(note.as_object(), kind);
    }
    return words;
  }
  std::int64_t images() { return number(server.api("GET", "/v1/users/alice/usage").json().as_object(), "images"); }
};

std::string key_of(const json::object& image) {
  return text(image, "user_id") + "/" + text(image, "id") + ".png";
}

TEST_CASE("every kind of damage is found and named and mended, beside a server and without one") {
  Checked at;
  const bool is_beside = GENERATE(true, false);
  const json::object whole = at.server.uploaded(png(1));
  const json::object missing = at.server.uploaded(png(2));
  const json::object cut = at.server.uploaded(png(3));
  const json::object flipped = at.server.uploaded(png(4));
  const json::object linked = at.server.uploaded(png(5));
  if (!is_beside) REQUIRE(at.server.process().stop() == 0);
  const fs::path images = at.server.process().images();
  fs::remove(at.file_of(missing));
  fs::resize_file(at.file_of(cut), 50);
  std::string bytes = png(4);
  bytes[60] = static_cast<char>(bytes[60] ^ 1);
  write_file(at.file_of(flipped), bytes);
  fs::remove(at.file_of(linked));
  fs::create_symlink("/etc/hostname", at.file_of(linked));
  write_file(images / "alice" / (other_id + ".png"), png(6));
  write_file(images / "notes.txt", "a stranger's");
  REQUIRE(::mkfifo((images / "pipe").c_str(), 0600) == 0);
  write_file(at.server.process().data() / "temporary" / "left.spool", "left over");
  fs::create_directories(images / "empty");

  const std::map<std::string, std::string> expected = {{key_of(missing), "missing_file"},
                                                       {key_of(cut), "wrong_size"},
                                                       {key_of(flipped), "wrong_hash"},
                                                       {key_of(linked), "not_a_file"},
                                                       {"alice/" + other_id + ".png", "stray_file"},
                                                       {"notes.txt", "stray_file"},
                                                       {"pipe", "not_a_file"},
                                                       {"left.spool", "left_over"}};
  const json::object found = at.fsck(1);
  CHECK(Checked::words(found, "problems", "problem") == expected);
  CHECK(number(found, "left") == 8);
  const json::object& first = found.at("problems").at(0).as_object();
  CHECK(text(first, "user_id") == "alice");
  CHECK(is_image_id(text(first, "id")));
  CHECK(fs::exists(images / "notes.txt"));

  const json::object mended = at.fsck(0, {"--repair"});
  CHECK(Checked::words(mended, "repairs", "repair") ==
        std::map<std::string, std::string>{{key_of(missing), "given_up"},
                                           {key_of(cut), "given_up"},
                                           {key_of(flipped), "given_up"},
                                           {key_of(linked), "given_up"},
                                           {"alice/" + other_id + ".png", "adopted"},
                                           {"notes.txt", "set_aside"},
                                           {"pipe", "set_aside"},
                                           {"", "removed"}});
  CHECK(at.fsck(0, {"--repair"}).at("repairs").as_array().empty());
  CHECK(at.fsck(0, {"--verify-hashes"}).at("problems").as_array().empty());
  CHECK(at.server.image_files() == std::set<std::string>{key_of(whole), "alice/" + other_id + ".png"});
  CHECK(read_file(at.server.process().data() / "lost+found" / "notes.txt") == "a stranger's");
  CHECK(fs::exists(at.server.process().data() / "quarantine" / ("alice," + text(cut, "id") + ".png")));

  if (!is_beside) at.server.process().start();
  for (const auto& image : {missing, cut, flipped, linked}) {
    check_problem(at.server.get(at.server.path_of(image)), 404, "not_found");
  }
  CHECK(at.server.get(at.server.path_of(whole)).body == png(1));
  CHECK(at.server.get("/v1/images/hosted/alice/" + other_id + ".png").body == png(6));
  CHECK(at.images() == 2);
  const std::string restore = "/v1/images/alice/" + text(missing, "id") + "/restore";
  check_problem(at.server.api("POST", restore), 503, "damaged");
  CHECK(at.server.process().run({"list", "--deleted", "--json"}).out.find("damaged_at") != std::string::npos);
}

TEST_CASE("images newer than a database that was put back are adopted") {
  Checked at;
  const json::object old = at.server.uploaded(png(1));
  const fs::path database = at.server.process().database();
  REQUIRE(at.server.process().stop() == 0);
  fs::copy_file(database, database.string() + ".copy");
  at.server.process().start();
  const json::object newer = at.server.uploaded(png(2), "bob");
  REQUIRE(at.server.process().stop() == 0);
  fs::rename(database.string() + ".copy", database);
  at.server.process().start();
  CHECK(eventually([&] { return at.server.image_files() == std::set<std::string>{key_of(old)}; }));
  CHECK(at.server.get(at.server.path_of(newer)).status == 404);
  CHECK(number(at.fsck(0), "lost_and_found") == 1);

  CHECK(Checked::words(at.fsck(0, {"--repair"}), "repairs", "repair") ==
        std::map<std::string, std::string>{{key_of(newer), "adopted"}});
  for (int i = 0; i < 2; ++i) {
    const HttpResponse served = at.server.get(at.server.path_of(newer));
    CHECK(served.status == 200);
    CHECK(served.body == png(2));
    at.server.process().restart();
  }
  CHECK(at.server.get(at.server.path_of(old)).status == 200);
}

TEST_CASE("bytes that somebody puts into lost+found heal their image") {
  Checked at;
  const json::object image = at.server.uploaded(png(1));
  fs::remove(at.file_of(image));
  check_problem(at.server.get(at.server.path_of(image)), 503, "damaged");
  write_file(at.server.process().data() / "lost+found" / ("alice," + text(image, "id") + ".png"), png(1));
  CHECK(number(at.fsck(1), "left") == 1);
  CHECK(at.fsck(0, {"--repair"}).at("repairs").at(0).at("repair").as_string() == "put_back");
  CHECK(at.server.get(at.server.path_of(image)).body == png(1));
}

TEST_CASE("beside uploads and removals a check is clean") {
  Checked at;
  std::atomic<bool> over = false;
  std::thread writer([&, client = at.server.new_client()]() mutable {
    for (std::uint32_t i = 1; !over; ++i) {
      const HttpResponse uploaded = client.send(upload_request(png(i)));
      if (uploaded.status != 201 || i % 2 == 0) continue;
      const std::string id = text(uploaded.json().as_object(), "id");
      client.send({.method = "DELETE", .target = "/v1/images/alice/" + id, .headers = with_key});
    }
  });
  for (int i = 0; i < 4; ++i) {
    const CommandResult result = at.server.process().run({"fsck", i % 2 == 0 ? "--repair" : "--verify-hashes"});
    CHECK(result.exit_code == 0);
    CHECK(result.out.find("clean.") != std::string::npos);
  }
  over = true;
  writer.join();
}

TEST_CASE("a check says in words what it found and what to do") {
  Checked at;
  const json::object image = at.server.uploaded(png(1));
  CHECK(at.server.process().run({"fsck"}).out == "Checked 1 image and 1 file, 0 read to the end: clean.\n");
  fs::remove(at.file_of(image));
  const CommandResult found = at.server.process().run({"fsck"});
  CHECK(found.exit_code == 1);
  CHECK(found.out.starts_with("missing_file      " + key_of(image) + "\n"));
  CHECK(found.out.find("1 problem, 1 left.") != std::string::npos);
  CHECK(found.out.find("lightfast fsck --repair") != std::string::npos);
  const CommandResult mended = at.server.process().run({"fsck", "--repair"});
  CHECK(mended.exit_code == 0);
  CHECK(mended.out.find("given_up        " + key_of(image)) != std::string::npos);
  CHECK(at.server.process().run({"fsck", "--adopt-as", "public"}).exit_code == 2);
  CHECK(at.server.process().run({"fsck", "--repair", "--adopt-as", "nobody"}).exit_code == 2);
}

}  // namespace
}  // namespace lightfast::test
