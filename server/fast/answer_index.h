// A core's own pointers to answers, by id: a flat table, so that finding one waits for memory once. The answers are the
// cache's; what that has withdrawn stays here until it is pruned. The files of those in memory are watched. One thread.
#pragma once

#include <bit>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "server/fast/file_watch.h"
#include "server/fast/ready_answer.h"

namespace lightfast::fast {

class AnswerIndex {
 public:
  using Answer = std::shared_ptr<ReadyAnswer>;
  struct alignas(32) Place {
    std::uint64_t tag = 0;
    Answer answer;
    FileWatch::Mark mark = FileWatch::none;

    // Whether the answer may be sent now. A file that is watched has not been touched; else it is asked.
    bool is_good() const { return mark == FileWatch::none ? answer->is_good() : !answer->is_withdrawn(); }
  };

  // Null: there is none. Ids that end alike are told apart by whoever looks at the answer.
  const Place* find(std::string_view id) const {
    const Place& place = place_of(tag_of(id));
    return place.answer ? &place : nullptr;
  }

  // In place of the one of that id, if there is one.
  const Place& insert(Answer answer) {
    if (2 * (count_ + 1) > places_.size()) rebuild(2 * places_.size());
    const auto tag = tag_of(answer->id().str());
    Place& place = place_of(tag);
    const auto mark = answer->is_in_memory() ? watch_.watch(answer->file()->get()) : FileWatch::none;
    if (place.mark != mark) watch_.forget(place.mark);
    if (!place.answer) ++count_;
    place = {tag, std::move(answer), mark};
    if (!place.answer->is_good()) unwatch(place);  // touched before it was watched
    return place;
  }

  void prune() { rebuild(places_.size()); }  // of what is withdrawn

  // Those whose files were touched are asked from here on, at every request.
  void catch_up() {
    const auto touched = watch_.take();
    if (touched.is_nothing()) return;
    for (auto& place : places_) {
      if (place.answer && place.mark != FileWatch::none && touched.holds(place.mark)) unwatch(place);
    }
  }

 private:
  // The last characters of an id are random, and not of a caller's choosing.
  static std::uint64_t tag_of(std::string_view id) {
    std::uint64_t tag = 0;
    std::memcpy(&tag, id.data() + id.size() - sizeof tag, sizeof tag);
    return tag;
  }

  // The place that holds `tag`, or the free one where it would stand.
  Place& place_of(std::uint64_t tag) { return const_cast<Place&>(std::as_const(*this).place_of(tag)); }
  const Place& place_of(std::uint64_t tag) const {
    auto at = (tag * 0x9E3779B97F4A7C15) >> shift_;
    while (places_[at].answer && places_[at].tag != tag) at = (at + 1) % places_.size();
    return places_[at];
  }

  void unwatch(Place& place) {
    watch_.forget(place.mark);
    place.mark = FileWatch::none;
  }

  void rebuild(std::size_t size) {
    std::vector<Place> old(size);
    old.swap(places_);
    shift_ = 64 - std::countr_zero(size);
    count_ = 0;
    for (auto& place : old) {
      if (!place.answer) continue;
      if (place.answer->is_withdrawn()) {
        watch_.forget(place.mark);
      } else {
        ++count_;
        place_of(place.tag) = std::move(place);
      }
    }
  }

  std::vector<Place> places_ = std::vector<Place>(1024);
  int shift_ = 64 - 10;
  std::size_t count_ = 0;
  FileWatch watch_;
};

}  // namespace lightfast::fast
