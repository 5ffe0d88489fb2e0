// A core's own pointers to answers, by id: a flat table, so that finding one waits for memory once. The answers are the
// cache's; what that has withdrawn stays here until it is pruned. One thread.
#pragma once

#include <bit>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "server/fast/ready_answer.h"

namespace lightfast::fast {

class AnswerIndex {
 public:
  using Answer = std::shared_ptr<ReadyAnswer>;

  // Null: there is none. Ids that end alike are told apart by whoever looks at the answer.
  const Answer* find(std::string_view id) const {
    const Place& place = place_of(tag_of(id));
    return place.answer ? &place.answer : nullptr;
  }

  // In place of the one of that id, if there is one.
  const Answer& insert(Answer answer) {
    if (2 * (count_ + 1) > places_.size()) grow();
    const auto tag = tag_of(answer->id().str());
    Place& place = const_cast<Place&>(place_of(tag));
    if (!place.answer) ++count_;
    place = {tag, std::move(answer)};
    return place.answer;
  }

  void prune() { rebuild(places_.size()); }  // of what is withdrawn

 private:
  struct alignas(32) Place {
    std::uint64_t tag = 0;
    Answer answer;
  };

  // The last characters of an id are random, and not of a caller's choosing.
  static std::uint64_t tag_of(std::string_view id) {
    std::uint64_t tag = 0;
    std::memcpy(&tag, id.data() + id.size() - sizeof tag, sizeof tag);
    return tag;
  }

  // The place that holds `tag`, or the free one where it would stand.
  const Place& place_of(std::uint64_t tag) const {
    auto at = (tag * 0x9E3779B97F4A7C15) >> shift_;
    while (places_[at].answer && places_[at].tag != tag) at = (at + 1) % places_.size();
    return places_[at];
  }

  void grow() { rebuild(2 * places_.size()); }
  void rebuild(std::size_t size) {
    std::vector<Place> old(size);
    old.swap(places_);
    shift_ = 64 - std::countr_zero(size);
    count_ = 0;
    for (auto& place : old) {
      if (place.answer && !place.answer->is_withdrawn()) insert(std::move(place.answer));
    }
  }

  std::vector<Place> places_ = std::vector<Place>(1024);
  int shift_ = 64 - 10;
  std::size_t count_ = 0;
};

}  // namespace lightfast::fast
