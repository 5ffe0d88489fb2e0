#include "base/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "base/exclusive_rename.h"
#include "base/open_beneath.h"
#include "tests/support/blobs.h"
#include "tests/support/catch_result.h"
#include "tests/support/temporary_folder.h"

using namespace lightfast;
using namespace lightfast::test;

namespace fs = std::filesystem;

namespace {

void write_text(const fs::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("A created file is new, for its owner to write, and is written and read at any place") {
  TemporaryFolder folder;
  PosixFileSystem files;
  const fs::path path = folder.path() / "file";
  const auto file = files.create(path);
  REQUIRE(file);
  const std::string_view text = "0123456789";
  REQUIRE(files.write(file->get(), std::as_bytes(std::span(text))));
  REQUIRE(files.sync(file->get()));

  std::string buffer(4, '?');
  CHECK(*files.read_at(file->get(), std::as_writable_bytes(std::span(buffer)), 3) == 4);
  CHECK(buffer == "3456");
  CHECK(*files.read_at(file->get(), std::as_writable_bytes(std::span(buffer)), 8) == 2);
  CHECK(*files.read_at(file->get(), std::as_writable_bytes(std::span(buffer)), 100) == 0);

  CHECK((fs::status(path).permissions() & fs::perms::others_all) == fs::perms::none);
  CHECK(files.create(path).error().code == Errc::conflict);
}

TEST_CASE("A status tells size, kind and identity, of a link and not of what it points to") {
  TemporaryFolder folder;
  PosixFileSystem files;
  write_text(folder.path() / "file", "12345");
  fs::create_symlink("file", folder.path() / "link");
  const auto file = files.status(folder.path() / "file");
  const auto directory = files.status(folder.path());
  const auto link = files.status(folder.path() / "link");
  REQUIRE(file);
  CHECK(file->size_bytes == 5);
  CHECK(file->is_regular);
  CHECK(file->inode != 0);
  CHECK(file->change_time_ns > 0);
  REQUIRE(directory);
  CHECK(directory->is_directory);
  REQUIRE(link);
  CHECK_FALSE(link->is_regular);
  CHECK(files.status(folder.path() / "absent").error().code == Errc::not_found);
}

TEST_CASE("A rename moves and never overwrites, with RENAME_NOREPLACE and without") {
  TemporaryFolder folder;
  const auto rename = GENERATE(&rename_exclusively, &rename_by_linking);
  const fs::path from = folder.path() / "from";
  const fs::path to = folder.path() / "to";
  write_text(from, "from");
  REQUIRE(rename(from, to));
  CHECK_FALSE(fs::exists(from));
  CHECK(text_of(to) == "from");
  CHECK(fs::hard_link_count(to) == 1);

  write_text(from, "another");
  CHECK(rename(from, to).error().code == Errc::conflict);
  CHECK(text_of(to) == "from");
  CHECK(text_of(from) == "another");
  fs::create_symlink("nowhere", folder.path() / "dangling");
  CHECK(rename(from, folder.path() / "dangling").error().code == Errc::conflict);
  CHECK(rename(folder.path() / "absent", folder.path() / "x").error().code == Errc::not_found);
  CHECK(rename(from, folder.path() / "absent" / "x").error().code == Errc::not_found);
  CHECK(text_of(from) == "another");
}

TEST_CASE("Directories are made once, listed and removed when empty") {
  TemporaryFolder folder;
  PosixFileSystem files;
  const fs::path path = folder.path() / "directory";
  CHECK(*files.make_directory(path) == true);
  CHECK(*files.make_directory(path) == false);
  REQUIRE(files.sync_directory(path));
  write_text(path / "a", "");
  write_text(path / ".b", "");

  std::set<std::string> names;
  REQUIRE(files.list(path, [&](const std::string& name) { return names.insert(name).second; }));
  CHECK(names == std::set<std::string>{"a", ".b"});
  int visited = 0;
  REQUIRE(files.list(path, [&](const std::string&) { return ++visited < 1; }));
  CHECK(visited == 1);

  CHECK(files.remove_directory(path).error().code == Errc::conflict);
  REQUIRE(files.remove(path / "a"));
  REQUIRE(files.remove(path / ".b"));
  CHECK(files.remove(path / "a").error().code == Errc::not_found);
  REQUIRE(files.remove_directory(path));
  CHECK(files.list(path, [](const std::string&) { return true; }).error().code == Errc::not_found);
  CHECK(files.sync_directory(path).error().code == Errc::not_found);
}

TEST_CASE("A directory cannot be made where a file is") {
  TemporaryFolder folder;
  PosixFileSystem files;
  write_text(folder.path() / "file", "");
  CHECK(files.make_directory(folder.path() / "file").error().code == Errc::internal);
}

TEST_CASE("A lost root is an error of ours and not a missing file") {
  PosixFileSystem files;
  CHECK(files.open_beneath("/nonexistent-root", "file").error().code == Errc::internal);
}

TEST_CASE("Space is told in bytes") {
  PosixFileSystem files;
  const auto space = files.space("/tmp");
  REQUIRE(space);
  CHECK(space->capacity_bytes > 1'000'000);
  CHECK(space->free_bytes <= space->capacity_bytes);
}

TEST_CASE("What is allocated takes its disk at once") {
  TemporaryFolder folder;
  PosixFileSystem files;
  const auto file = files.create(folder.path() / "file");
  REQUIRE(file);
  REQUIRE(files.allocate(file->get(), 1 << 20));
  struct stat status {};
  REQUIRE(::fstat(file->get(), &status) == 0);
  CHECK(status.st_size == 1 << 20);
  CHECK(status.st_blocks * 512 >= 1 << 20);
}

TEST_CASE("Trying to write a file leaves it as it is and tells what keeps it from being written") {
  TemporaryFolder folder;
  PosixFileSystem files;
  write_text(folder.path() / "file", "text");
  const auto before = files.status(folder.path() / "file");
  CHECK(files.try_writing(folder.path() / "file"));
  CHECK(files.status(folder.path() / "file")->change_time_ns == before->change_time_ns);
  CHECK(files.try_writing(folder.path() / "nothing").error().code == Errc::not_found);
}

TEST_CASE("Files are opened below a folder and nowhere else, with openat2 and without") {
  TemporaryFolder folder;
  const fs::path root = folder.path() / "root";
  fs::create_directories(root / "a" / "b");
  write_text(folder.path() / "secret", "secret");
  write_text(root / "top", "top");
  write_text(root / "a" / "b" / "deep", "deep");
  fs::create_symlink("top", root / "link");
  fs::create_symlink("../secret", root / "way-out");
  fs::create_directory_symlink("a", root / "folder-link");
  fs::create_symlink("loop", root / "loop");
  REQUIRE(::mkfifo((root / "fifo").c_str(), 0600) == 0);

  const UniqueFd root_fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto open = GENERATE(&open_regular_beneath, &open_regular_by_walking);
  for (const auto& [name, content] : {std::pair("top", "top"), {"a/b/deep", "deep"}}) {
    const auto file = open(root_fd.get(), name);
    REQUIRE(file);
    CHECK(*read_file(file->get()) == content);
  }
  for (const std::string name : {"",          ".",           "..",        "/",        "a",       "a/b",
                                 "absent",    "absent/file", "top/file",  "link",     "way-out", "folder-link/b/deep",
                                 "loop",      "fifo",        "../secret", "a/../top", "./top",   "a//b/deep",
                                 "a/b/deep/", "/etc/passwd"}) {
    CAPTURE(name);
    const auto file = open(root_fd.get(), name);
    REQUIRE_FALSE(file);
    CHECK(file.error().code == Errc::not_found);
  }
  CHECK(open(root_fd.get(), std::string("top\0x", 5)).error().code == Errc::not_found);
  CHECK(open(root_fd.get(), std::string(300, 'x')).error().code == Errc::not_found);
}
