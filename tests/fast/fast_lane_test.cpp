#include "server/fast/fast_lane.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "server/http/response_head.h"
#include "tests/fast/cached_image.h"

using namespace lightfast;
using test::CachedImages;

namespace {

const IpAddress peer = IpAddress::parse("203.0.113.9").value();

// Both ends of a connection, without a network.
struct Line {
  Line() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  std::string received() const {
    std::string all;
    std::string piece(64 * 1024, '\0');
    for (ssize_t count = 0; (count = ::recv(theirs.get(), piece.data(), piece.size(), 0)) > 0;) {
      all.append(piece, 0, static_cast<std::size_t>(count));
    }
    return all;
  }
  UniqueFd ours, theirs;
};

struct Scene {
  CachedImages images;
  fast::AnswerCache cache{{.body_max_bytes = 20}};
  fast::FastLane lane{cache, images.clock()};
  images::OpenImage small = images.make("twenty bytes or less");
  images::OpenImage large = images.make("more than twenty bytes of a file");
  Line line;

  Scene() {
    images.offer(cache, small);
    images.offer(cache, large);
  }

  std::string get(const images::OpenImage& open, const std::string& fields = "", const std::string& method = "GET") {
    return method + " " + images.target(open) + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }
  http::LaneAnswer serve(const std::string& bytes) {
    lane.catch_up();
    return lane.serve(line.ours.get(), peer, bytes);
  }

  // What the full parser answers to the same.
  std::string in_full(const images::OpenImage& open, const http::Headers& fields, http::Method method,
                      bool keep_alive = true) {
    http::Request request;
    request.method = method;
    request.headers = fields;
    const auto response = http::respond_with(request, images.representation(open), images.headers());
    const auto date = to_http_date(images.clock().now());
    auto text = http::make_head(response, {.date = date, .request_id = {}, .keep_alive = keep_alive});
    if (method == http::Method::head) return text;
    const std::string bytes =
        open.image.id == small.image.id ? "twenty bytes or less" : "more than twenty bytes of a file";
    for (const auto& part : response.body) {
      const auto& slice = std::get<http::FileSlice>(part);
      text += bytes.substr(slice.offset, slice.length);
    }
    return text;
  }
};

http::Headers fields(std::initializer_list<std::pair<std::string, std::string>> list) {
  http::Headers headers;
  for (const auto& [name, value] : list) headers.add(name, value);
  return headers;
}

}  // namespace

TEST_CASE("an answer is to the byte what the full parser sends") {
  Scene scene;
  const bool is_small = GENERATE(true, false);
  const auto& open = is_small ? scene.small : scene.large;
  const std::string etag = "\"" + open.image.sha256.hex() + "\"";
  const auto check = [&](const std::string& method, const http::Headers& given) {
    std::string lines;
    for (const auto& [name, value] : given.all()) lines += name + ": " + value + "\r\n";
    INFO(method << "\n" << lines);
    for (const bool keep_alive : {true, false}) {
      const auto bytes = scene.get(open, lines + (keep_alive ? "" : "Connection: close\r\n"), method);
      const auto answer = scene.serve(bytes);
      CHECK(answer.consumed == bytes.size());
      CHECK(answer.sent == http::SentNow::all);
      CHECK(answer.keep_alive == keep_alive);
      const auto full =
          scene.in_full(open, given, method == "HEAD" ? http::Method::head : http::Method::get, keep_alive);
      CHECK(scene.line.received() == full);
    }
  };
  for (const std::string method : {"GET", "HEAD"}) {
    check(method, {});
    check(method, fields({{"If-None-Match", etag}}));
    check(method, fields({{"If-None-Match", "\"another\""}}));
    check(method, fields({{"If-Modified-Since", "Sat, 28 Nov 2026 10:00:00 GMT"}}));
    check(method, fields({{"If-None-Match", "\"another\""}, {"If-Modified-Since", "Sat, 28 Nov 2026 10:00:00 GMT"}}));
  }
  check("GET", fields({{"Range", "bytes=0-9"}}));
  check("GET", fields({{"Range", "bytes=5-"}}));
  check("GET", fields({{"Range", "bytes=19-19"}, {"If-Range", etag}}));
  check("GET", fields({{"Range", "bytes=0-9"}, {"If-None-Match", etag}}));
}

TEST_CASE("what takes more than comparing is left to the full parser, unanswered") {
  Scene scene;
  const std::string given = GENERATE(
      "If-None-Match: *\r\n", "If-None-Match: W/\"a\"\r\n", "If-None-Match: \"a\", \"b\"\r\n",
      "If-Modified-Since: Sun, 29 Nov 2026 10:00:00 GMT\r\n", "If-Modified-Since: yesterday\r\n", "Range: bytes=-5\r\n",
      "Range: bytes=99-\r\n", "Range: bytes=0-1,3-4\r\n", "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n");
  INFO(given);
  CHECK(scene.serve(scene.get(scene.small, given)).consumed == 0);
  CHECK(scene.serve(scene.get(scene.small, "Range: bytes=0-1\r\n", "HEAD")).consumed == 0);
  CHECK(scene.line.received().empty());
}

TEST_CASE("another user, extension or image is left to the full parser") {
  Scene scene;
  const auto of = [&](const std::string& target) {
    return scene.serve("GET /v1/images/hosted/" + target + " HTTP/1.1\r\nHost: a\r\n\r\n").consumed;
  };
  const std::string id = scene.small.image.id.str();
  CHECK(of("alice/" + id + ".png") > 0);
  CHECK(of("alice/" + id) > 0);
  CHECK(of("bob/" + id + ".png") == 0);
  CHECK(of("alic%65/" + id + ".png") == 0);
  CHECK(of("alice/" + id + ".webp") == 0);
  CHECK(of("alice/img_01m7y81eke87b86b5q6h6n8xwe.png") == 0);
}

TEST_CASE("a user is found by the name that is handed out and by the plain one") {
  CachedImages images;
  fast::AnswerCache cache({});
  fast::FastLane lane(cache, images.clock());
  const auto open = images.make("x", "auth0|abc");
  images.offer(cache, open);
  Line line;
  const auto of = [&](const std::string& user) {
    return lane.serve(line.ours.get(), peer,
                      "GET /v1/images/hosted/" + user + "/" + open.image.id.str() + ".png HTTP/1.1\r\nHost: a\r\n\r\n");
  };
  CHECK(of("auth0%7Cabc").consumed > 0);
  CHECK(of("auth0|abc").consumed > 0);
  CHECK(of("auth0%7cabc").consumed == 0);
}

TEST_CASE("a withdrawn image is not answered again, also before a sweep") {
  Scene scene;
  const auto bytes = scene.get(scene.small);
  REQUIRE(scene.serve(bytes).consumed > 0);
  scene.cache.withdraw({scene.small.image.id});
  CHECK(scene.serve(bytes).consumed == 0);
  scene.images.offer(scene.cache, scene.small);  // restored
  CHECK(scene.serve(bytes).consumed > 0);
}

TEST_CASE("a changed file is not answered again until it was proven anew") {
  Scene scene;
  const auto& open = GENERATE(true, false) ? scene.small : scene.large;
  const auto bytes = scene.get(open);
  REQUIRE(scene.serve(bytes).consumed > 0);
  std::fstream(scene.images.file(open), std::ios::in | std::ios::out) << "X";
  CHECK(scene.serve(bytes).consumed == 0);
  CHECK(scene.serve(scene.get(open, "", "HEAD")).consumed == 0);
  CHECK_FALSE(scene.cache.find(open.image.id.str()));
}

TEST_CASE("a change is noticed of two images in one file when one of them is gone") {
  Scene scene;
  const auto twin = scene.images.make("to be replaced");
  std::filesystem::remove(scene.images.file(twin));
  std::filesystem::create_hard_link(scene.images.file(scene.small), scene.images.file(twin));
  auto linked = scene.small;  // the link has moved the change time
  linked.stamp.text = storage::FileStamp::of(linked.file->get())->text();
  auto other = linked;
  other.image.id = twin.image.id;
  scene.images.offer(scene.cache, linked);
  scene.images.offer(scene.cache, other);
  REQUIRE(scene.serve(scene.get(linked)).consumed > 0);
  REQUIRE(scene.serve(scene.get(other)).consumed > 0);
  scene.cache.withdraw({linked.image.id});
  scene.lane.sweep();
  REQUIRE(scene.serve(scene.get(other)).consumed > 0);
  std::fstream(scene.images.file(other), std::ios::in | std::ios::out) << "X";
  CHECK(scene.serve(scene.get(other)).consumed == 0);
}

TEST_CASE("a sweep lets go of what the cache has dropped") {
  Scene scene;
  REQUIRE(scene.serve(scene.get(scene.small)).consumed > 0);
  REQUIRE(scene.serve(scene.get(scene.large)).consumed > 0);
  CHECK(scene.cache.files() == 2);
  scene.cache.withdraw({scene.small.image.id});
  scene.cache.gather_accesses([](const ImageId&, std::uint64_t, std::uint64_t) {});
  CHECK(scene.cache.files() == 2);
  scene.lane.sweep();
  CHECK(scene.cache.files() == 1);
  CHECK(scene.serve(scene.get(scene.large)).consumed > 0);
}

TEST_CASE("thousands of answers are each found by their own id") {
  CachedImages images;
  fast::AnswerCache cache({});
  fast::FastLane lane(cache, images.clock());
  Line line;
  std::vector<images::OpenImage> all;
  for (int i = 0; i < 900; ++i) all.push_back(images.make(std::to_string(i)));
  for (const auto& open : all) images.offer(cache, open);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      REQUIRE(
          lane.serve(line.ours.get(), peer, "GET " + images.target(all[i]) + " HTTP/1.1\r\nHost: a\r\n\r\n").consumed >
          0);
      REQUIRE(line.received().ends_with("\r\n\r\n" + std::to_string(i)));
    }
    for (std::size_t i = 0; i < all.size(); i += 2) cache.withdraw({all[i].image.id});
    lane.sweep();
    cache.gather_accesses([](const ImageId&, std::uint64_t, std::uint64_t) {});
    for (std::size_t i = 0; i < all.size(); i += 2) images.offer(cache, all[i]);
  }
}

TEST_CASE("what a client does not take at once is handed on") {
  CachedImages images;
  fast::AnswerCache cache({.body_max_bytes = GENERATE(0U, 1U << 20)});
  fast::FastLane lane(cache, images.clock());
  std::string body(900 * 1024, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 + i / 257);
  const auto open = images.make(body);
  images.offer(cache, open);
  Line line;
  const auto answer = lane.serve(line.ours.get(), peer, "GET " + images.target(open) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(answer.consumed > 0);
  REQUIRE(answer.sent == http::SentNow::some);
  std::string all = line.received();
  all += answer.unsent.text;
  if (answer.unsent.file.length > 0) {
    const auto& file = answer.unsent.file;
    CHECK(file.offset + file.length == body.size());
    all += body.substr(file.offset);
  }
  CHECK(all.ends_with(body));
  CHECK(all.find("\r\n\r\n") + 4 + body.size() == all.size());
}

TEST_CASE("who may be answered is asked once for each answer and for nothing else") {
  CachedImages images;
  fast::AnswerCache cache({});
  const auto open = images.make("bytes");
  images.offer(cache, open);
  int left = 3;
  std::vector<std::string> asked;
  fast::FastLane lane(cache, images.clock(), [&](const IpAddress& from, const fast::PlainRequest& request) {
    asked.push_back(from.str() + " " + std::string(request.forwarded_for));
    return left-- > 0;
  });
  Line line;
  const auto serve = [&](const std::string& start, const std::string& more = "") {
    const auto answer =
        lane.serve(line.ours.get(), peer, start + images.target(open) + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n");
    CHECK(line.received().empty() == (answer.consumed == 0));
    return answer.consumed > 0;
  };
  CHECK_FALSE(serve("GET ", "Authorization: Bearer x\r\n"));
  CHECK_FALSE(serve("GET ", "Range: bytes=0-1,3-4\r\n"));
  CHECK(asked.empty());
  CHECK(serve("HEAD "));
  CHECK(serve("GET ", "Range: bytes=0-1\r\n"));
  CHECK(serve("GET ", "X-Forwarded-For: 198.51.100.1\r\nIf-None-Match: \"" + open.image.sha256.hex() + "\"\r\n"));
  CHECK(asked == std::vector<std::string>{"203.0.113.9 ", "203.0.113.9 ", "203.0.113.9 198.51.100.1"});
  CHECK_FALSE(serve("GET "));
  CHECK(asked.size() == 4);
}

TEST_CASE("a GET counts as an access and a HEAD does not") {
  Scene scene;
  scene.serve(scene.get(scene.small));
  scene.serve(scene.get(scene.small, "Range: bytes=0-4\r\n"));
  scene.serve(scene.get(scene.small, "If-None-Match: \"" + scene.small.image.sha256.hex() + "\"\r\n"));
  scene.serve(scene.get(scene.small, "", "HEAD"));
  std::uint64_t counted = 0, counted_bytes = 0;
  scene.cache.gather_accesses([&](const ImageId&, std::uint64_t bytes, std::uint64_t count) {
    counted += count;
    counted_bytes += bytes;
  });
  CHECK(counted == 3);
  CHECK(counted_bytes == 25);
  const auto lanes = scene.cache.lanes();
  REQUIRE(lanes.size() == 1);
  CHECK(lanes[0]->answers[0].value() == 2);
  CHECK(lanes[0]->answers[1].value() == 1);
  CHECK(lanes[0]->answers[2].value() == 1);
  CHECK(lanes[0]->body_bytes.value() == 25);
}

TEST_CASE("the date is told anew with each second") {
  Scene scene;
  scene.serve(scene.get(scene.small));
  CHECK(scene.line.received().find("\r\nDate: Sat, 28 Nov 2026 10:00:00 GMT\r\n") != std::string::npos);
  scene.images.clock().advance(std::chrono::seconds(61));
  scene.serve(scene.get(scene.small));
  CHECK(scene.line.received().find("\r\nDate: Sat, 28 Nov 2026 10:01:01 GMT\r\n") != std::string::npos);
}
