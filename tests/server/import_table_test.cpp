#include "server/commands/import_table.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace lightfast;
using commands::read_csv_record;
using commands::read_import_table;

namespace {

const Timestamp now = *parse_iso8601("2026-11-28T10:00:00Z");

commands::ImportTable table_of(const std::string& text) {
  std::istringstream stream(text);
  return read_import_table(stream, now);
}

std::string url_of(const commands::ImportTable& table, std::size_t index) {
  return std::string(table.items.at(index).at("url").as_string());
}

}  // namespace

TEST_CASE("an import table may be one JSON object a line") {
  const auto table =
      table_of("{\"url\":\"https://a.example/1\",\"user_id\":\"u\"}\n\n{\"url\":\"https://a.example/2\"}\n");
  REQUIRE(table.complaints.empty());
  REQUIRE(table.items.size() == 2);
  CHECK(url_of(table, 0) == "https://a.example/1");
  CHECK(table.items[0].at("user_id").as_string() == "u");
}

TEST_CASE("an import table may be CSV with a header, quoted fields included") {
  const auto table = table_of(
      "url,user_id,prompt,pinned\r\nhttps://a.example/1,u,\"a, \"\"b\"\"\nc\",true\r\nhttps://a.example/2,,,\r\n");
  REQUIRE(table.complaints.empty());
  REQUIRE(table.items.size() == 2);
  CHECK(table.items[0].at("prompt").as_string() == "a, \"b\"\nc");
  CHECK(table.items[0].at("pinned").as_bool());
  CHECK_FALSE(table.items[1].contains("user_id"));
}

TEST_CASE("a line that is no item is named, the others are read") {
  const auto table = table_of("{\"url\":\"https://a.example/1\"}\n{broken\n{\"user_id\":\"u\"}\n");
  CHECK(table.items.size() == 1);
  REQUIRE(table.complaints.size() == 2);
  CHECK(table.complaints[0].find("line 2: ") == 0);
  CHECK(table.complaints[1] == "line 3: `url` is missing");
}

TEST_CASE("the URLs that fade soonest go first, those whose time is over go last") {
  const auto table = table_of(
      "url\nhttps://x.blob.core.windows.net/d.png?se=2026-11-28T08%3A00%3A00Z&sig=s\nhttps://replicate.delivery/r.png\n"
      "https://static.example/a.png\nhttps://x.blob.core.windows.net/b.png?se=2026-11-28T12%3A00%3A00Z&sig=s\n"
      "https://x.blob.core.windows.net/c.png?se=2026-11-28T10%3A30%3A00Z&sig=s\n");
  std::string order;
  for (std::size_t i = 0; i < table.items.size(); ++i) order += url_of(table, i)[url_of(table, i).find(".png") - 1];
  CHECK(order == "crbad");
}

TEST_CASE("an empty table holds nothing") {
  CHECK(table_of("").items.empty());
  CHECK(table_of("url,user_id\n").items.empty());
}

TEST_CASE("CSV records end at a line break, and at the end of the text") {
  std::istringstream stream("a,b\n\"c\nd\",\ne");
  std::vector<std::string> fields;
  REQUIRE(read_csv_record(stream, fields));
  CHECK(fields == std::vector<std::string>{"a", "b"});
  REQUIRE(read_csv_record(stream, fields));
  CHECK(fields == std::vector<std::string>{"c\nd", ""});
  REQUIRE(read_csv_record(stream, fields));
  CHECK(fields == std::vector<std::string>{"e"});
  CHECK_FALSE(read_csv_record(stream, fields));
}
