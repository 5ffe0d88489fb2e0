#include "base/error.h"

#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/support/catch_result.h"

using namespace lightfast;

TEST_CASE("Every error code has a word of its own by which it is found again, and no other word is one") {
  const auto word_of = [](int code) { return to_string(static_cast<Errc>(code)); };
  int code = 0;
  for (; !word_of(code).empty(); ++code) {
    INFO(word_of(code));
    CHECK(parse_errc(word_of(code)) == static_cast<Errc>(code));
  }
  CHECK(code > static_cast<int>(Errc::storage_full));
  CHECK_FALSE(parse_errc("sunny"));
  CHECK_FALSE(parse_errc(""));
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
