// The ready answers of the whole server, bounded in bytes and in open files; the least recently sent go first. Cores
// keep pointers to answers of their own (FastLane) and ask here only for what they don't have yet. A withdrawn image is
// exact everywhere: its answer says so itself, and one that was still being made when it was withdrawn is refused.
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "server/fast/access_counts.h"
#include "server/fast/lane_counts.h"
#include "server/fast/ready_answer.h"
#include "server/images/image_opener.h"

namespace lightfast::fast {

struct CacheLimits {
  std::size_t memory_bytes = 64 << 20;
  std::size_t body_max_bytes = 32 << 10;  // larger bodies stay in their files
  std::size_t files = 1024;               // an answer holds its file open, to see that nobody changes it
};

class AnswerCache {
 public:
  explicit AnswerCache(const CacheLimits& limits) : limits_(limits) {}

  // To be taken before the image is looked up: an offer counts only if the image was not withdrawn since.
  using Ticket = std::uint64_t;
  Ticket ticket(const ImageId& id) const;

  // Makes an answer of an image that was just opened, unless it is private. May read a small file.
  void offer(Ticket ticket, const images::OpenImage& open, const http::Representation& representation,
             const http::Headers& headers);

  std::shared_ptr<ReadyAnswer> find(std::string_view id) const;

  // When this returns, no core begins to send any of these again.
  void withdraw(const std::vector<ImageId>& ids);
  // Drops an answer that is not good any more.
  void drop(const std::shared_ptr<ReadyAnswer>& answer);

  // Changes whenever an answer is dropped from the cache: then cores let go of theirs.
  std::uint64_t drops() const { return drops_.load(std::memory_order_acquire); }

  AccessCounts& counts() { return counts_; }
  LaneCounts& add_lane();  // one more that answers from here; its counts live as long as the cache
  std::vector<const LaneCounts*> lanes() const;
  // Hands on what was counted since the last time: record(id, bytes, accesses).
  using Record = std::function<void(const ImageId&, std::uint64_t bytes, std::uint64_t accesses)>;
  void gather_accesses(const Record& record);

  // Of all answers that still exist, those that cores or gather_accesses() have yet to let go of included.
  std::size_t memory_bytes() const { return held_->bytes; }
  std::size_t files() const { return held_->files; }

 private:
  struct Held {
    std::atomic<std::size_t> bytes = 0;
    std::atomic<std::size_t> files = 0;
  };
  struct Entry {
    std::shared_ptr<ReadyAnswer> answer;
    std::size_t bytes;
  };
  using Recent = std::list<Entry>;  // the one sent last in front
  using Index = std::unordered_map<std::string_view, Recent::iterator>;

  std::size_t memory_for(const images::OpenImage& open) const;
  std::atomic<std::uint64_t>& withdrawals_of(std::string_view id) const;
  bool make_room(std::size_t bytes);
  void insert(std::unique_ptr<ReadyAnswer> answer, std::size_t bytes);
  void remove(Index::iterator found);

  const CacheLimits limits_;
  const std::shared_ptr<Held> held_ = std::make_shared<Held>();
  // How often images were withdrawn, in rough groups by id.
  mutable std::array<std::atomic<std::uint64_t>, 1024> withdrawals_{};
  std::atomic<std::uint64_t> drops_ = 0;
  AccessCounts counts_;

  mutable std::mutex mutex_;
  std::list<LaneCounts> lanes_;
  Recent recent_;
  Index index_;
  std::size_t indexed_bytes_ = 0;
};

}  // namespace lightfast::fast
