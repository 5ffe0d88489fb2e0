#include "server/fast/answer_cache.h"

namespace lightfast::fast {
namespace {

constexpr std::size_t kAnswerBytes = 2048;  // an answer without its body, its places in the indexes included, about

std::size_t without_an_eighth(std::size_t limit) {
  return limit - limit / 8;
}

}  // namespace

std::atomic<std::uint64_t>& AnswerCache::withdrawals_of(std::string_view id) const {
  return withdrawals_[std::hash<std::string_view>()(id) % withdrawals_.size()];
}

AnswerCache::Ticket AnswerCache::ticket(const ImageId& id) const {
  return withdrawals_of(id.str());
}

std::size_t AnswerCache::memory_for(const images::OpenImage& open) const {
  return kAnswerBytes + (open.image.file_size <= limits_.body_max_bytes ? open.image.file_size : 0);
}

void AnswerCache::offer(Ticket ticket, const images::OpenImage& open, const http::Representation& representation,
                        const http::Headers& headers) {
  const auto& image = open.image;
  if (image.visibility != db::Visibility::public_) return;
  const auto bytes = memory_for(open);
  {
    const std::lock_guard lock(mutex_);
    const auto known = index_.find(image.id.str());
    if (known != index_.end() && known->second->answer->is_good()) return;
    if (!make_room(bytes)) return;
  }
  const auto extension = image.file_key.substr(image.file_key.rfind('.') + 1);
  auto answer = ReadyAnswer::make({image.id, image.user, extension, image.sha256, open.stamp, representation, headers},
                                  limits_.body_max_bytes);
  if (!answer) return;
  const std::lock_guard lock(mutex_);
  if (withdrawals_of(image.id.str()) == ticket && make_room(bytes)) insert(std::move(answer), bytes);
}

// What goes from the index is not gone before every core has let go of it, within a sweep. Until then there may be no
// room; so that this is seldom so, an eighth goes at once.
bool AnswerCache::make_room(std::size_t bytes) {
  const auto fits = [&] { return held_->bytes + bytes <= limits_.memory_bytes && held_->files < limits_.files; };
  if (bytes > limits_.memory_bytes) return false;
  if (fits()) return true;
  while (!recent_.empty() && (indexed_bytes_ > without_an_eighth(limits_.memory_bytes) ||
                              index_.size() > without_an_eighth(limits_.files))) {
    remove(index_.find(recent_.back().answer->id().str()));
  }
  return fits();
}

void AnswerCache::insert(std::unique_ptr<ReadyAnswer> answer, std::size_t bytes) {
  held_->bytes += bytes;
  ++held_->files;
  const auto let_go = [held = held_, bytes](ReadyAnswer* gone) {
    delete gone;
    held->bytes -= bytes;
    --held->files;
  };
  const std::shared_ptr<ReadyAnswer> shared(answer.release(), let_go);
  if (const auto older = index_.find(shared->id().str()); older != index_.end()) remove(older);
  recent_.push_front({shared, bytes});
  index_.emplace(shared->id().str(), recent_.begin());
  indexed_bytes_ += bytes;
}

void AnswerCache::remove(Index::iterator found) {
  const auto entry = found->second;
  index_.erase(found);  // its key lies in the answer
  entry->answer->withdraw();
  indexed_bytes_ -= entry->bytes;
  recent_.erase(entry);
  drops_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<ReadyAnswer> AnswerCache::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : found->second->answer;
}

void AnswerCache::withdraw(const std::vector<ImageId>& ids) {
  for (const auto& id : ids) {
    ++withdrawals_of(id.str());  // first: whoever offers it from here on is refused
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(id.str()); found != index_.end()) remove(found);
  }
}

void AnswerCache::drop(const std::shared_ptr<ReadyAnswer>& answer) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(answer->id().str());
  if (found != index_.end() && found->second->answer == answer) remove(found);
}

LaneCounts& AnswerCache::add_lane() {
  const std::lock_guard lock(mutex_);
  return lanes_.emplace_back();
}

std::vector<const LaneCounts*> AnswerCache::lanes() const {
  const std::lock_guard lock(mutex_);
  std::vector<const LaneCounts*> lanes;
  for (const auto& lane : lanes_) lanes.push_back(&lane);
  return lanes;
}

void AnswerCache::gather_accesses(const Record& record) {
  counts_.gather([&](const ReadyAnswer& answer, std::uint64_t accesses, std::uint64_t bytes) {
    record(answer.id(), bytes, accesses);
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(answer.id().str());
    if (found != index_.end()) recent_.splice(recent_.begin(), recent_, found->second);
  });
}

}  // namespace lightfast::fast
