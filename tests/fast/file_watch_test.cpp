#include "server/fast/file_watch.h"

#include <fcntl.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "tests/support/temporary_folder.h"

using namespace lightfast;
using fast::FileWatch;

namespace {

struct Watched {
  Watched() { std::ofstream(path) << "bytes"; }

  FileWatch::Mark mark() { return watch.watch(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)).get()); }
  std::vector<FileWatch::Mark> touched() { return watch.take().marks; }

  test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "file";
  FileWatch watch;
};

}  // namespace

TEST_CASE("a file is touched by whatever changes it, its name or its attributes") {
  Watched watched;
  const UniqueFd held(::open(watched.path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto mark = watched.watch.watch(held.get());
  REQUIRE(mark != FileWatch::none);
  const std::vector<std::function<void()>> changes{
      [&] { std::ofstream(watched.path, std::ios::app) << "more"; },
      [&] { std::filesystem::resize_file(watched.path, 2); },
      [&] { std::filesystem::last_write_time(watched.path, {}); },
      [&] { std::filesystem::permissions(watched.path, std::filesystem::perms::owner_read); },
      [&] { std::filesystem::create_hard_link(watched.path, watched.folder.path() / "link"); },
      [&] { std::filesystem::rename(watched.path, watched.folder.path() / "renamed"); },
      [&] {
        std::ofstream(watched.path) << "other";
        std::filesystem::rename(watched.path, watched.folder.path() / "renamed");
      },
      [&] { std::filesystem::remove(watched.folder.path() / "link"); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    INFO("change " << i);
    CHECK(watched.touched().empty());
    changes[i]();
    const auto touched = watched.touched();
    CHECK(std::find(touched.begin(), touched.end(), mark) != touched.end());
  }
}

TEST_CASE("reading a file does not touch it, nor does another file's change") {
  Watched watched;
  REQUIRE(watched.mark() != FileWatch::none);
  std::string bytes;
  std::ifstream(watched.path) >> bytes;
  std::ofstream(watched.folder.path() / "another") << bytes;
  CHECK(watched.touched().empty());
}

TEST_CASE("one file has one mark, and whoever is forgotten is told") {
  Watched watched;
  const auto mark = watched.mark();
  CHECK(watched.mark() == mark);
  watched.watch.forget(mark);
  CHECK(watched.touched() == std::vector{mark});
  std::ofstream(watched.path) << "other";
  CHECK(watched.touched().empty());
}

TEST_CASE("however many files were touched and forgotten, they are told at once and each once") {
  Watched watched;
  std::vector<FileWatch::Mark> marks;
  for (int i = 0; i < 500; ++i) {
    const auto path = watched.folder.path() / std::to_string(i);
    std::ofstream(path) << "bytes";
    marks.push_back(watched.watch.watch(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)).get()));
    std::ofstream(path, std::ios::app) << "more";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    watched.watch.forget(marks.back());
  }
  std::sort(marks.begin(), marks.end());
  CHECK(watched.touched() == marks);
  CHECK(watched.watch.take().is_nothing());
}

TEST_CASE("what cannot be watched has no mark") {
  Watched watched;
  CHECK(watched.watch.watch(-1) == FileWatch::none);
  watched.watch.forget(FileWatch::none);
  CHECK(watched.touched().empty());
}
