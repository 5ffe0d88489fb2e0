#include "server/lifecycle/tar_writer.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/support/catch_result.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {
namespace {

using lifecycle::TarEntry;
using lifecycle::TarWriter;

const Timestamp some_day = Timestamp(std::chrono::seconds(1'700'000'000));

struct Stream {
  std::string bytes;
  TarWriter tar{[this](std::span<const std::byte> piece) {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return Result<void>();
  }};

  void add(const std::string& name, const std::string& content) {
    REQUIRE(tar.begin({name, content.size(), some_day}));
    REQUIRE(tar.write(std::as_bytes(std::span(content))));
    REQUIRE(tar.end());
  }
};

TEST_CASE("GNU tar unpacks what was written, with the longest names that users and images have") {
  Stream stream;
  const std::string user(128, 'u');
  const std::string name = "images/" + user + "/img_01jd0000000000000000000000.webp";
  stream.add("lightfast.db", std::string(100'000, 'd'));
  stream.add("empty", "");
  stream.add(name, std::string(512, 'i'));
  REQUIRE(stream.tar.finish());
  CHECK(stream.bytes.size() % 10'240 == 0);

  TemporaryFolder folder;
  write_file(folder.path() / "stream.tar", stream.bytes);
  const std::string command =
      "tar -x -C '" + folder.path().string() + "' -f '" + folder.path().string() + "/stream.tar'";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(read_file(folder.path() / "lightfast.db") == std::string(100'000, 'd'));
  CHECK(read_file(folder.path() / "empty").empty());
  CHECK(read_file(folder.path() / name) == std::string(512, 'i'));
  struct stat status {};
  REQUIRE(::stat((folder.path() / name).c_str(), &status) == 0);
  CHECK(status.st_mtime == 1'700'000'000);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("the size of a file over 8 GiB is in a pax record") {
  Stream stream;
  REQUIRE(stream.tar.begin({"lightfast.db", 9'000'000'000, some_day}));
  REQUIRE(stream.tar.finish());
  CHECK(stream.bytes.substr(156, 1) == "x");
  CHECK(stream.bytes.substr(512, 19) == "19 size=9000000000\n");
  CHECK(stream.bytes.substr(1024, 12) == "lightfast.db");
}

TEST_CASE("a file that is longer or shorter than was said is an error") {
  Stream stream;
  const std::string three = "abc";
  REQUIRE(stream.tar.begin({"file", 2, some_day}));
  CHECK(stream.tar.write(std::as_bytes(std::span(three))).error().code == Errc::internal);
  REQUIRE(stream.tar.begin({"file", 4, some_day}));
  REQUIRE(stream.tar.write(std::as_bytes(std::span(three))));
  CHECK(stream.tar.end().error().code == Errc::internal);
}

TEST_CASE("whoever takes the stream can end it") {
  TarWriter tar([](auto) { return Result<void>(Error{Errc::internal, "gone"}); });
  REQUIRE(tar.begin({"file", 0, some_day}));
  CHECK(tar.finish().error().detail == "gone");
}

TEST_CASE("a name that no header holds is refused") {
  Stream stream;
  CHECK_FALSE(stream.tar.begin({std::string(101, 'x'), 0, some_day}));
  CHECK_FALSE(stream.tar.begin({std::string(156, 'x') + "/name", 0, some_day}));
}

}  // namespace
}  // namespace lightfast::test
