// The admins' scripts, run as cron runs them.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/places.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{30};

class Scripts {
 public:
  explicit Scripts(Environment environment) : environment_(std::move(environment)) {
    environment_.emplace("LIGHTFAST", program_under_test().string());
  }

  CommandResult run(const std::string& name, const std::vector<std::string>& arguments) {
    return run_program(source_folder() / "scripts" / name, arguments);
  }
  CommandResult shell(const std::string& line) { return run_program("/bin/sh", {"-c", line}); }
  CommandResult run_program(const fs::path& program, const std::vector<std::string>& arguments) {
    const fs::path out = folder_.path() / "out", err = folder_.path() / "err";
    fs::remove(out);
    fs::remove(err);
    ChildProcess child({.program = program,
                        .arguments = arguments,
                        .environment = environment_,
                        .working_folder = folder_.path(),
                        .out_file = out,
                        .err_file = err});
    const auto code = child.wait(patience);
    REQUIRE(code);
    return {*code, read_file(out), read_file(err)};
  }
  // Instead of the program: a shell script.
  void pretend(const std::string& lines) {
    const fs::path program = folder_.path() / "pretended";
    write_file(program, "#!/bin/sh\n" + lines + "\n");
    fs::permissions(program, fs::perms::owner_all);
    environment_["LIGHTFAST"] = program.string();
  }
  const fs::path& folder() const { return folder_.path(); }
  std::vector<std::string> copies() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "copies"))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  TemporaryFolder folder_;
  Environment environment_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("admin-cleanup shows what would go, and without --yes and a terminal takes nothing") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_PER_USER_LIMIT", "1"}});
  Scripts scripts(server.process().environment());
  server.uploaded(png(1));
  server.uploaded(png(2));
  const auto living = [&] { return number(server.api("GET", "/v1/users/alice/usage").json().as_object(), "images"); };
  const CommandResult shown = scripts.run("admin-cleanup", {});
  INFO(shown.err);
  CHECK(shown.exit_code == 0);
  CHECK(contains(shown.out, "Would be removed"));
  CHECK(contains(shown.out, "Say --yes"));
  CHECK(living() == 2);

  CHECK(scripts.run("admin-cleanup", {"--user", "bob", "--yes"}).exit_code == 0);
  CHECK(living() == 2);
  const CommandResult done = scripts.run("admin-cleanup", {"--yes"});
  CHECK(done.exit_code == 0);
  CHECK(contains(done.out, "Removed"));
  CHECK(living() == 1);
  CHECK_FALSE(contains(scripts.run("admin-cleanup", {}).out, "Say --yes"));
  CHECK(scripts.run("admin-cleanup", {"--nonsense"}).exit_code == 2);
}

TEST_CASE("admin-backup keeps dated copies that a server starts on, and so many of them") {
  RunningServer server;
  Scripts scripts(server.process().environment());
  const auto image = server.uploaded(png(1));
  const std::string folder = (scripts.folder() / "copies").string();
  fs::create_directory(folder);
  for (const char* older : {"20260101T000000Z", "20260102T000000Z", "20260103T000000Z"}) {
    write_file(fs::path(folder) / (std::string("lightfast-") + older + ".tar.gz"), "older");
  }
  write_file(fs::path(folder) / "lightfast-before-the-move.tar.gz", "no dated copy");
  const CommandResult backup = scripts.run("admin-backup", {"--keep", "2", folder});
  INFO(backup.err);
  REQUIRE(backup.exit_code == 0);
  const auto copies = scripts.copies();
  REQUIRE(copies.size() == 3);
  CHECK(copies[0] == "lightfast-20260103T000000Z.tar.gz");
  CHECK(contains(backup.out, copies[1]));
  CHECK(copies[2] == "lightfast-before-the-move.tar.gz");

  REQUIRE(scripts.shell("mkdir restored && tar -xzf copies/" + copies[1] + " -C restored").exit_code == 0);
  ServerProcess restored(server.process().environment());
  restored.environment()["IMAGE_STORAGE_PATH"] = (scripts.folder() / "restored/images").string();
  restored.environment()["PORT"] = std::to_string(restored.port());
  restored.start();
  CHECK(HttpClient(restored.port()).get(server.path_of(image)).body == png(1));
}

TEST_CASE("admin-backup brings one folder up to date") {
  RunningServer server;
  Scripts scripts(server.process().environment());
  server.uploaded(png(1));
  const fs::path folder = scripts.folder() / "copies";
  REQUIRE(scripts.run("admin-backup", {"--incremental", folder.string()}).exit_code == 0);
  server.uploaded(png(2));
  REQUIRE(scripts.run("admin-backup", {"--incremental", folder.string()}).exit_code == 0);
  CHECK(fs::exists(folder / "lightfast.db"));
  CHECK(std::distance(fs::directory_iterator(folder / "images/alice"), fs::directory_iterator()) == 2);
}

TEST_CASE("a backup that breaks off gets no name and takes no older copy's place") {
  Scripts scripts(Environment{});
  const std::string folder = (scripts.folder() / "copies").string();
  fs::create_directory(folder);
  write_file(fs::path(folder) / "lightfast-20260101T000000Z.tar.gz", "older");
  const auto breaks_off = GENERATE(as<std::string>(), "exit 1", "exit 2", "head -c 5000 /dev/urandom; exit 1",
                                   "head -c 5000 /dev/urandom", "head -c 512 /dev/zero");
  scripts.pretend(breaks_off);
  const CommandResult backup = scripts.run("admin-backup", {"--keep", "1", folder});
  INFO(breaks_off);
  CHECK(backup.exit_code == (breaks_off == "exit 2" ? 2 : 1));
  CHECK(contains(backup.err, "nothing was backed up"));
  CHECK(scripts.copies() == std::vector<std::string>{"lightfast-20260101T000000Z.tar.gz"});
}

TEST_CASE("a backup in which damaged images are missing is kept, and ends with 1") {
  Scripts scripts(Environment{});
  scripts.pretend("head -c 5000 /dev/zero; exit 1");
  const CommandResult backup = scripts.run("admin-backup", {(scripts.folder() / "copies").string()});
  CHECK(backup.exit_code == 1);
  CHECK(scripts.copies().size() == 1);
}

TEST_CASE("admin-report tells of everything and changes nothing") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_PER_USER_LIMIT", "1"}});
  Scripts scripts(server.process().environment());
  server.uploaded(png(1));
  server.uploaded(png(2));
  const CommandResult report = scripts.run("admin-report", {"--price-per-gb", "0.15"});
  INFO(report.err);
  CHECK(report.exit_code <= 1);  // the doctor may find something on this machine
  for (const char* part : {"LARGEST USERS", "At 0.15 per GB", "Would be removed", "database"}) {
    CHECK(contains(report.out, part));
  }
  CHECK(server.image_files().size() == 2);
  CHECK(scripts.run("admin-report", {"--nonsense"}).exit_code == 2);
}

TEST_CASE("the admins' scripts say how they are used, and what is missing") {
  Scripts scripts(Environment{{"LIGHTFAST", "/nowhere/lightfast"}});
  for (const char* name : {"admin-cleanup", "admin-backup", "admin-report"}) {
    INFO(name);
    CHECK(contains(scripts.run(name, {"--help"}).out, "usage: " + std::string(name)));
    const CommandResult missing = scripts.run(name, {"folder"});
    CHECK(missing.exit_code == 2);
    CHECK(contains(missing.err, "/nowhere/lightfast"));
  }
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{}, {"--keep", "0", "x"}, {"--keep"}, {"--weekly", "x"}, {"x", "y"}}) {
    CHECK(scripts.run("admin-backup", wrong).exit_code == 2);
  }
}

}  // namespace
}  // namespace lightfast::test
