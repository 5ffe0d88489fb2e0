#include "server/fast/answer_cache.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <thread>

#include "tests/fast/cached_image.h"

using namespace lightfast;
using fast::AnswerCache;
using fast::CacheLimits;
using test::CachedImages;

namespace {

std::string_view id_of(const images::OpenImage& open) {
  return open.image.id.str();
}

std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> accesses(AnswerCache& cache) {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> found;
  cache.gather_accesses([&](const ImageId& id, std::uint64_t bytes, std::uint64_t count) {
    found[id.str()].first += count;
    found[id.str()].second += bytes;
  });
  return found;
}

}  // namespace

TEST_CASE("what was offered is found, with its body and its heads") {
  CachedImages images;
  AnswerCache cache({});
  const auto open = images.make("the bytes");
  CHECK_FALSE(cache.find(id_of(open)));
  images.offer(cache, open);
  const auto answer = cache.find(id_of(open));
  REQUIRE(answer);
  CHECK(answer->is_good());
  CHECK(answer->path() == "alice/" + open.image.id.str() + ".png");
  CHECK(answer->body() == "the bytes");
  CHECK(answer->etag() == "\"" + open.image.sha256.hex() + "\"");
  CHECK(answer->last_modified() == "Sat, 28 Nov 2026 10:00:00 GMT");
  CHECK(answer->whole_head().ends_with("Content-Length: 9\r\n\r\n"));
  CHECK(answer->whole_head().starts_with(answer->partial_head()));
  CHECK(answer->not_modified_head().find("Content-") == std::string_view::npos);
  CHECK(answer->not_modified_head().ends_with("\r\n\r\n"));
}

TEST_CASE("a large body stays in its file") {
  CachedImages images;
  AnswerCache cache({.body_max_bytes = 8});
  const auto small = images.make("12345678");
  const auto large = images.make("123456789");
  images.offer(cache, small);
  images.offer(cache, large);
  CHECK(cache.find(id_of(small))->is_in_memory());
  CHECK_FALSE(cache.find(id_of(large))->is_in_memory());
  CHECK(cache.find(id_of(large))->body().empty());
}

TEST_CASE("a private image is never taken") {
  CachedImages images;
  AnswerCache cache({});
  auto open = images.make("secret");
  open.image.visibility = db::Visibility::private_;
  images.offer(cache, open);
  CHECK_FALSE(cache.find(id_of(open)));
}

TEST_CASE("bytes that are not the ones that were proven are never taken") {
  CachedImages images;
  AnswerCache cache({});
  auto changed_since = images.make("before");
  std::ofstream(images.file(changed_since)) << "after!";
  images.offer(cache, changed_since);
  CHECK_FALSE(cache.find(id_of(changed_since)));

  auto rotten = images.make("rotten");  // under an unchanged stamp, as below the file system
  rotten.image.sha256 = sha256("sound!");
  images.offer(cache, rotten);
  CHECK_FALSE(cache.find(id_of(rotten)));
}

TEST_CASE("an answer is good until its file is changed, replaced or removed") {
  CachedImages images;
  AnswerCache cache({.body_max_bytes = GENERATE(0U, 100U)});
  const auto open = images.make("the bytes");
  images.offer(cache, open);
  const auto answer = cache.find(id_of(open));
  REQUIRE(answer->is_good());
  SECTION("in place") {
    std::fstream(images.file(open), std::ios::in | std::ios::out) << "x";
  }
  SECTION("cut short") {
    std::filesystem::resize_file(images.file(open), 3);
  }
  SECTION("removed") {
    std::filesystem::remove(images.file(open));
  }
  SECTION("replaced") {
    std::filesystem::rename(images.file(images.make("other")), images.file(open));
  }
  CHECK_FALSE(answer->is_good());
}

TEST_CASE("a withdrawn image is gone, whoever still has its answer") {
  CachedImages images;
  AnswerCache cache({});
  const auto open = images.make("the bytes");
  images.offer(cache, open);
  const auto held = cache.find(id_of(open));
  const auto drops = cache.drops();
  cache.withdraw({open.image.id});
  CHECK_FALSE(held->is_good());
  CHECK_FALSE(cache.find(id_of(open)));
  CHECK(cache.drops() != drops);
}

TEST_CASE("what was withdrawn while it was being opened is refused") {
  CachedImages images;
  AnswerCache cache({});
  const auto open = images.make("the bytes");
  const auto before = cache.ticket(open.image.id);
  cache.withdraw({open.image.id});
  cache.offer(before, open, images.representation(open), images.headers());
  CHECK_FALSE(cache.find(id_of(open)));
  images.offer(cache, open);  // restored, and opened since
  CHECK(cache.find(id_of(open)));
}

TEST_CASE("after a withdrawal nothing good is found by anyone, however many offer") {
  CachedImages images;
  AnswerCache cache({});
  const auto open = images.make("the bytes");
  std::atomic<bool> may_serve = true;  // what the database says
  std::atomic<bool> ends = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!ends) {
        const auto ticket = cache.ticket(open.image.id);
        if (may_serve) cache.offer(ticket, open, images.representation(open), images.headers());
      }
    });
  }
  for (int round = 0; round < 300; ++round) {
    may_serve = true;
    while (!cache.find(id_of(open))) std::this_thread::yield();
    may_serve = false;
    cache.withdraw({open.image.id});
    for (int look = 0; look < 20; ++look) {
      const auto answer = cache.find(id_of(open));
      if (answer && answer->is_good()) ++wrong;
    }
  }
  ends = true;
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("bytes and files are bounded, also by what is still held") {
  CachedImages images;
  const std::size_t per_answer = 2048 + 1000;
  AnswerCache cache({.memory_bytes = 16 * per_answer, .body_max_bytes = 1000, .files = 100});
  std::vector<std::shared_ptr<fast::ReadyAnswer>> held;
  for (int i = 0; i < 40; ++i) {
    const auto open = images.make(std::string(1000, 'x'));
    images.offer(cache, open);
    if (auto answer = cache.find(id_of(open))) held.push_back(std::move(answer));
    REQUIRE(cache.memory_bytes() <= 16 * per_answer);
  }
  CHECK(held.size() == 16);  // until those that hold them let go
  held.clear();
  for (int i = 0; i < 40; ++i) {
    const auto open = images.make(std::string(1000, 'x'));
    images.offer(cache, open);
    CHECK(cache.find(id_of(open)));
    REQUIRE(cache.memory_bytes() <= 16 * per_answer);
  }

  AnswerCache few({.files = 8});
  for (int i = 0; i < 20; ++i) {
    images.offer(few, images.make("x"));
    REQUIRE(few.files() <= 8);
  }
  CHECK(few.files() > 4);
}

TEST_CASE("what is larger than the whole cache makes no room for itself") {
  CachedImages images;
  AnswerCache cache({.memory_bytes = 5000, .body_max_bytes = 10'000});
  const auto small = images.make("x");
  images.offer(cache, small);
  images.offer(cache, images.make(std::string(6000, 'x')));
  CHECK(cache.find(id_of(small)));
}

TEST_CASE("the least recently sent make room") {
  CachedImages images;
  AnswerCache cache({.files = 8});
  std::vector<images::OpenImage> kept;
  for (int i = 0; i < 8; ++i) kept.push_back(images.make("x"));
  for (const auto& open : kept) images.offer(cache, open);
  cache.counts().count(cache.find(id_of(kept[0])), 1);
  accesses(cache);
  images.offer(cache, images.make("y"));
  CHECK(cache.find(id_of(kept[0])));
  CHECK_FALSE(cache.find(id_of(kept[1])));
}

TEST_CASE("no memory means no answers") {
  CachedImages images;
  AnswerCache cache({.memory_bytes = 0});
  const auto open = images.make("x");
  images.offer(cache, open);
  CHECK_FALSE(cache.find(id_of(open)));
}

TEST_CASE("every access is counted once, also of what has been dropped") {
  CachedImages images;
  AnswerCache cache({});
  const auto one = images.make("one");
  const auto two = images.make("two");
  images.offer(cache, one);
  images.offer(cache, two);
  const auto first = cache.find(id_of(one));
  const auto second = cache.find(id_of(two));
  cache.counts().count(first, 3);
  cache.counts().count(first, 0);
  cache.counts().count(second, 2);
  cache.withdraw({two.image.id});
  auto found = accesses(cache);
  CHECK(found.size() == 2);
  CHECK(found[one.image.id.str()] == std::pair<std::uint64_t, std::uint64_t>(2, 3));
  CHECK(found[two.image.id.str()] == std::pair<std::uint64_t, std::uint64_t>(1, 2));
  CHECK(accesses(cache).empty());
  cache.counts().count(first, 3);
  CHECK(accesses(cache)[one.image.id.str()].first == 1);
}

TEST_CASE("accesses are exact while many threads count and one gathers") {
  CachedImages images;
  AnswerCache cache({});
  std::vector<std::shared_ptr<fast::ReadyAnswer>> answers;
  for (int i = 0; i < 3; ++i) {
    const auto open = images.make("x");
    images.offer(cache, open);
    answers.push_back(cache.find(id_of(open)));
  }
  constexpr int each = 20'000;
  std::atomic<int> running = 3;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < each; ++n) cache.counts().count(answers[static_cast<std::size_t>(n % 3)], 7);
      --running;
    });
  }
  std::uint64_t count = 0, bytes = 0;
  const auto gather = [&] {
    for (const auto& [id, sums] : accesses(cache)) {
      count += sums.first;
      bytes += sums.second;
    }
  };
  while (running > 0) gather();
  for (auto& thread : threads) thread.join();
  gather();
  CHECK(count == 3 * each);
  CHECK(bytes == 7 * 3 * each);
}
