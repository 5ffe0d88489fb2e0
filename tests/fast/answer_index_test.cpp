#include "server/fast/answer_index.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/fast/cached_image.h"

using namespace lightfast;
using fast::AnswerIndex;
using fast::FileWatch;

namespace {

struct Indexed {
  // In the cache and in the index.
  images::OpenImage add(const images::OpenImage& open) {
    images.offer(cache, open);
    index.insert(cache.find(open.image.id.str()));
    return open;
  }
  const AnswerIndex::Place& place(const images::OpenImage& open) { return *index.find(open.image.id.str()); }

  test::CachedImages images;
  fast::AnswerCache cache{fast::CacheLimits{}};
  AnswerIndex index;
};

}  // namespace

TEST_CASE("while many answers are dropped a file that changes is found and the others stay watched") {
  Indexed indexed;
  std::vector<images::OpenImage> all;
  for (int i = 0; i < 60; ++i) all.push_back(indexed.add(indexed.images.make("bytes " + std::to_string(i))));
  std::vector<ImageId> dropped;
  for (int i = 0; i < 30; ++i) dropped.push_back(all[i].image.id);
  indexed.cache.withdraw(dropped);
  indexed.index.prune();
  std::ofstream(indexed.images.file(all[40]), std::ios::app) << "more";
  indexed.index.catch_up();
  CHECK_FALSE(indexed.place(all[40]).is_good());
  for (int i = 30; i < 60; ++i) {
    if (i != 40) CHECK(indexed.place(all[i]).mark != FileWatch::none);
  }
}

TEST_CASE("two images in one file are both asked about once one of them is dropped") {
  Indexed indexed;
  const auto first = indexed.images.make("the same bytes");
  auto second = indexed.images.make("the same bytes");
  std::filesystem::remove(indexed.images.file(second));
  std::filesystem::create_hard_link(indexed.images.file(first), indexed.images.file(second));
  second.file = std::make_shared<const UniqueFd>(::open(indexed.images.file(second).c_str(), O_RDONLY | O_CLOEXEC));
  second.stamp.text = storage::FileStamp::of(second.file->get())->text();
  auto linked = first;
  linked.stamp = second.stamp;
  indexed.add(linked);
  indexed.add(second);
  indexed.cache.withdraw({first.image.id});
  indexed.index.prune();
  indexed.index.catch_up();
  CHECK(indexed.place(second).is_good());
  std::ofstream(indexed.images.file(second), std::ios::app) << "more";
  indexed.index.catch_up();
  CHECK_FALSE(indexed.place(second).is_good());
}
