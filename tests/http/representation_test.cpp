#include "server/http/representation.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

namespace lightfast::http {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string alphabet(std::size_t size) {
  std::string text;
  while (text.size() < size) text += static_cast<char>('a' + text.size() % 26);
  return text;
}

// A file in memory alone, gone with its last descriptor.
std::shared_ptr<const UniqueFd> file_with(const std::string& content) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  UniqueFd writing(ends[1]);
  REQUIRE(::write(writing.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  return std::make_shared<const UniqueFd>(ends[0]);
}

struct Fixture {
  std::string content = alphabet(100);
  Representation representation{file_with(content), content.size(), "image/png", "\"abc\"",
                                Timestamp(784'111'777'250ms)};
  Headers headers;

  Fixture() {
    headers.add("Cache-Control", "public, max-age=31536000, immutable");
    headers.add("Content-Disposition", "inline; filename=a.png");
    headers.add("X-Content-Type-Options", "nosniff");
  }

  Response get(const std::vector<std::pair<std::string, std::string>>& fields, Method method = Method::get) const {
    Request request;
    request.method = method;
    for (const auto& [name, value] : fields) request.headers.add(name, value);
    return respond_with(request, representation, headers);
  }

  // The body as it goes out, file slices cut from `content`.
  std::string body(const Response& response) const {
    std::string text;
    for (const auto& part : response.body) {
      if (const auto* slice = std::get_if<FileSlice>(&part)) {
        CHECK(slice->file == representation.file);
        text += content.substr(slice->offset, slice->length);
      } else {
        text += std::get<std::string>(part);
      }
    }
    return text;
  }
};

std::string header(const Response& response, std::string_view name) {
  const std::string* value = response.headers.find(name);
  return value ? *value : "(none)";
}

TEST_CASE("a plain GET gets the whole file with its validators and the given headers") {
  const Fixture fixture;
  const Response response = fixture.get({});
  CHECK(response.status == 200);
  CHECK(header(response, "Content-Type") == "image/png");
  CHECK(header(response, "ETag") == "\"abc\"");
  CHECK(header(response, "Last-Modified") == kDate);
  CHECK(header(response, "Accept-Ranges") == "bytes");
  CHECK(header(response, "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(header(response, "Content-Disposition") == "inline; filename=a.png");
  CHECK(header(response, "Content-Range") == "(none)");
  CHECK(fixture.body(response) == fixture.content);
  CHECK(response.body.size() == 1);
}

TEST_CASE("no field is sent twice") {
  const Fixture fixture;
  for (const char* range : {"", "bytes=0-4", "bytes=0-4,10-14", "bytes=500-"}) {
    const Response response = fixture.get({{"Range", range}});
    std::set<std::string> names;
    for (const auto& [name, value] : response.headers.all()) CHECK(names.insert(name).second);
  }
}

TEST_CASE("what caches keep carries no request id made here, an error does") {
  const Fixture fixture;
  CHECK(fixture.get({}).echoes_request_id_only);
  CHECK(fixture.get({{"Range", "bytes=0-1"}}).echoes_request_id_only);
  CHECK(fixture.get({{"If-None-Match", "\"abc\""}}).echoes_request_id_only);
  CHECK_FALSE(fixture.get({{"Range", "bytes=100-"}}).echoes_request_id_only);
}

TEST_CASE("an empty file is sent as an empty body") {
  Fixture fixture;
  fixture.representation.size_bytes = 0;
  for (const char* range : {"bytes=0-", "bytes=-1"}) {
    const Response response = fixture.get({{"Range", range}});
    CHECK(response.status == 200);
    CHECK(response.body.empty());
  }
}

TEST_CASE("one range is a 206 with its Content-Range") {
  const Fixture fixture;
  const Response response = fixture.get({{"Range", "bytes=10-14"}});
  CHECK(response.status == 206);
  CHECK(header(response, "Content-Range") == "bytes 10-14/100");
  CHECK(header(response, "Content-Type") == "image/png");
  CHECK(header(response, "ETag") == "\"abc\"");
  CHECK(header(response, "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(fixture.body(response) == "klmno");
}

TEST_CASE("one satisfiable range among several is a plain 206") {
  const Fixture fixture;
  const Response response = fixture.get({{"Range", "bytes=500-,10-14"}});
  CHECK(response.status == 206);
  CHECK(header(response, "Content-Type") == "image/png");
  CHECK(header(response, "Content-Range") == "bytes 10-14/100");
}

TEST_CASE("several ranges are a multipart body with a Content-Range for each part") {
  const Fixture fixture;
  const Response response = fixture.get({{"Range", "bytes=10-14,-2"}});
  CHECK(response.status == 206);
  CHECK(header(response, "Content-Range") == "(none)");
  const std::string type = header(response, "Content-Type");
  const std::string prefix = "multipart/byteranges; boundary=";
  REQUIRE(type.substr(0, prefix.size()) == prefix);
  const std::string boundary = type.substr(prefix.size());
  CHECK(boundary.size() == 32);
  CHECK(fixture.body(response) ==
        "--" + boundary + "\r\nContent-Type: image/png\r\nContent-Range: bytes 10-14/100\r\n\r\n" + "klmno\r\n--" +
            boundary + "\r\nContent-Type: image/png\r\nContent-Range: bytes 98-99/100\r\n\r\n" +
            fixture.content.substr(98) + "\r\n--" + boundary + "--\r\n");
}

TEST_CASE("the same multipart request gets the same bytes, another one another boundary") {
  const Fixture fixture;
  const std::string first = header(fixture.get({{"Range", "bytes=0-1,5-6"}}), "Content-Type");
  CHECK(header(fixture.get({{"Range", "bytes=0-1,5-6"}}), "Content-Type") == first);
  CHECK(header(fixture.get({{"Range", "bytes=0-1,5-7"}}), "Content-Type") != first);
  Fixture other;
  other.representation.etag = "\"xyz\"";
  CHECK(header(other.get({{"Range", "bytes=0-1,5-6"}}), "Content-Type") != first);
}

TEST_CASE("a range beyond the end is a 416 that names the size and is not cached") {
  const Fixture fixture;
  const Response response = fixture.get({{"Range", "bytes=100-"}});
  CHECK(response.status == 416);
  CHECK(header(response, "Content-Range") == "bytes */100");
  CHECK(header(response, "Content-Type") == "application/problem+json");
  CHECK(header(response, "Cache-Control") == "no-store");
  CHECK(header(response, "ETag") == "(none)");
}

TEST_CASE("a Range means nothing in a HEAD") {
  const Fixture fixture;
  for (const char* range : {"bytes=0-4", "bytes=0-4,10-14", "bytes=100-"}) {
    const Response response = fixture.get({{"Range", range}}, Method::head);
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Range") == "(none)");
    CHECK(response.body_size() == 100);
  }
}

TEST_CASE("two Range fields are ambiguous and get the whole") {
  const Fixture fixture;
  CHECK(fixture.get({{"Range", "bytes=0-4"}, {"Range", "bytes=10-14"}}).status == 200);
}

TEST_CASE("a 304 has the validators and the cache rules and nothing of a content") {
  const Fixture fixture;
  for (const auto method : {Method::get, Method::head}) {
    const Response response = fixture.get({{"If-None-Match", "\"abc\""}, {"Range", "bytes=0-4"}}, method);
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(header(response, "ETag") == "\"abc\"");
    CHECK(header(response, "Last-Modified") == kDate);
    CHECK(header(response, "Cache-Control") == "public, max-age=31536000, immutable");
    for (const char* name : {"Content-Type", "Content-Disposition", "Content-Range", "Accept-Ranges"}) {
      CHECK(header(response, name) == "(none)");
    }
  }
}

TEST_CASE("a failed precondition is a 412 before any range is looked at") {
  const Fixture fixture;
  const Response response = fixture.get({{"If-Match", "\"xyz\""}, {"Range", "bytes=100-"}});
  CHECK(response.status == 412);
  CHECK(header(response, "Content-Type") == "application/problem+json");
}

TEST_CASE("a range under an If-Range of another version gets the whole") {
  const Fixture fixture;
  struct Row {
    const char* if_range;
    const char* range;
    int status;
  };
  const Row rows[] = {
      {"\"abc\"", "bytes=0-4", 206},
      {kDate, "bytes=0-4", 206},
      {"\"xyz\"", "bytes=0-4", 200},
      {"W/\"abc\"", "bytes=0-4", 200},
      {"\"xyz\"", "bytes=100-", 200},
      {"\"abc\"", "bytes=100-", 416},
      {"Sun, 06 Nov 1994 08:49:38 GMT", "bytes=0-4", 200},
  };
  for (const auto& row : rows) {
    INFO("If-Range: " << row.if_range << ", Range: " << row.range);
    CHECK(fixture.get({{"If-Range", row.if_range}, {"Range", row.range}}).status == row.status);
  }
}

}  // namespace
}  // namespace lightfast::http
