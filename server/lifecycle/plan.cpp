#include "server/lifecycle/plan.h"

#include <algorithm>

namespace lightfast::lifecycle {
namespace {
constexpr std::size_t prefix = 4;  // "img_"
}

Plan::Packed Plan::pack(const ImageId& id) {
  Packed packed{};
  std::copy_n(id.str().begin() + prefix, packed.size(), packed.begin());
  return packed;
}

void Plan::add(const Decision& decision) {
  const auto [user, is_new] = user_index_.try_emplace(decision.user, static_cast<std::uint32_t>(users_.size()));
  if (is_new) {
    users_.push_back(decision.user);
    taken_.emplace_back();
  }
  const Packed id = pack(decision.id);
  ids_.insert(id);
  entries_.push_back({id, decision.reason, decision.fate, user->second, decision.bytes});
  if (decision.reason != Reason::trash) taken_[user->second].add(decision.bytes);
}

void Plan::take_for_space(std::size_t index) {
  entries_[index].reason = Reason::space;
  entries_[index].fate = Fate::for_good;
}

Decision Plan::at(std::size_t index) const {
  const Entry& entry = entries_[index];
  return {*ImageId::parse("img_" + std::string(entry.id.begin(), entry.id.end())), users_[entry.user], entry.reason,
          entry.bytes, entry.fate};
}

Sum Plan::taken_from(const UserId& user) const {
  const auto found = user_index_.find(user);
  return found == user_index_.end() ? Sum{} : taken_[found->second];
}

}  // namespace lightfast::lifecycle
