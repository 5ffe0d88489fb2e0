#include "base/error.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <set>

#include "tests/support/catch_result.h"

using namespace lightfast;

TEST_CASE("Every error code has a word of its own") {
  std::set<std::string_view> words;
  for (int code = 0; code <= static_cast<int>(Errc::storage_full); ++code) {
    words.insert(to_string(static_cast<Errc>(code)));
  }
  CHECK(words.size() == static_cast<std::size_t>(Errc::storage_full) + 1);
}

TEST_CASE("The system's errors become ours, and name paths to logs alone") {
  const auto [number, code] = GENERATE(table<int, Errc>({{ENOSPC, Errc::storage_full},
                                                         {EDQUOT, Errc::storage_full},
                                                         {EROFS, Errc::read_only},
                                                         {ENOENT, Errc::not_found},
                                                         {ENOTDIR, Errc::not_found},
                                                         {ELOOP, Errc::not_found},
                                                         {EEXIST, Errc::conflict},
                                                         {ENOTEMPTY, Errc::conflict},
                                                         {EMFILE, Errc::overloaded},
                                                         {EIO, Errc::internal},
                                                         {EACCES, Errc::internal}}));
  const Error error = system_error(number, "open /some/where");
  CHECK(error.code == code);
  CHECK_THAT(explain(error), Catch::StartsWith("open /some/where: "));
  CHECK(error.detail.find("/some/where") == std::string::npos);
  CHECK(error.retry_after.has_value() == (code == Errc::overloaded));
}

TEST_CASE("Taking the value of an error throws what the error says") {
  const Result<int> result = Error{Errc::damaged, "rotten"};
  CHECK_THROWS_WITH(result.value(), Catch::Contains("damaged: rotten"));
}
