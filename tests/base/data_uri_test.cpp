#include "base/data_uri.h"

#include <catch2/catch.hpp>

namespace lightfast {
namespace {

TEST_CASE("data URIs are read as they are found in the wild") {
  struct Row {
    std::string text, media_type, bytes;
  };
  const Row table[] = {
      {"data:image/png;base64,aGVsbG8=", "image/png", "hello"},
      {"DATA:Image/PNG;BASE64,aGVsbG8=", "image/png", "hello"},
      {"data:image/png;base64,aGVsbG8", "image/png", "hello"},
      {"data:;base64,aGVsbG8=", "text/plain", "hello"},
      {"data:image/webp;charset=utf-8;name=x.webp;base64,aGVsbG8=", "image/webp", "hello"},
      {"data:image/png; base64 ,aGVsbG8=", "image/png", "hello"},
      {"data:image/png;base64,aGVs\r\nbG8=\n", "image/png", "hello"},
      {"data:image/png;base64, aGVs bG8=", "image/png", "hello"},
      {"data:image/png;base64,aGVsbG8%3D", "image/png", "hello"},
      {"data:image/png;base64,%2B%2B%2F%2F", "image/png", "\xFB\xEF\xFF"},
      {"data:image/png;base64,--__", "image/png", "\xFB\xEF\xFF"},
      {"data:application/octet-stream;base64,AAAA", "application/octet-stream", std::string(3, '\0')},
      {"data:,hello%20w%00", "text/plain", std::string("hello w\0", 8)},
      {"data:text/plain,100%,%4", "text/plain", "100%,%4"},
      {"data:text/plain;x=base64,aGVsbG8=", "text/plain", "aGVsbG8="},
      {"data:image/png;base64,", "image/png", ""},
      {"data:,", "text/plain", ""},
  };
  for (const Row& row : table) {
    INFO(row.text);
    const auto uri = parse_data_uri(row.text, 100);
    REQUIRE(uri.has_value());
    CHECK(uri->media_type == row.media_type);
    CHECK(uri->bytes == row.bytes);
  }
}

TEST_CASE("broken data URIs are refused") {
  for (const char* text : {"", "data", "data:", "data:image/png;base64", "data:image/png;base64,*", "http://h/",
                           "data:image/png;base64,A", "data:image/png;base64,AA=A", " data:,x"}) {
    INFO(text);
    const auto uri = parse_data_uri(text, 100);
    REQUIRE_FALSE(uri.has_value());
    CHECK(uri.error().code == Errc::invalid_request);
  }
}

TEST_CASE("bytes over the limit are refused, however they are written") {
  const std::string zeros(40, 'A');  // 30 bytes
  CHECK(parse_data_uri("data:;base64," + zeros, 30)->bytes.size() == 30);
  CHECK(parse_data_uri("data:;base64," + zeros, 29).error().code == Errc::too_large);
  CHECK(parse_data_uri("data:,%41%41%41", 3)->bytes == "AAA");
  CHECK(parse_data_uri("data:,%41%41%41", 2).error().code == Errc::too_large);
  CHECK(parse_data_uri("data:;base64," + std::string(1'000'000, 'A'), 10).error().code == Errc::too_large);
  CHECK(parse_inline_bytes(std::string(1'000'000, 'A'), 10).error().code == Errc::too_large);
}

TEST_CASE("inline bytes may be a data URI or bare base64") {
  CHECK(parse_inline_bytes("aGVsbG8=", 100)->bytes == "hello");
  CHECK(parse_inline_bytes(" aGVs\nbG8 ", 100)->bytes == "hello");
  CHECK(parse_inline_bytes(" data:image/png;base64,aGVsbG8=", 100)->media_type == "image/png");
  CHECK_FALSE(parse_inline_bytes("", 100).has_value());
  CHECK_FALSE(parse_inline_bytes("not base64!", 100).has_value());
}

}  // namespace
}  // namespace lightfast
