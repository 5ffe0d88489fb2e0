// What a cleanup is going to take, in order, packed to about 40 bytes an image, so that a million of them fit easily.
// Not the deciding itself (retention). One thread at a time.
#pragma once

#include <array>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/lifecycle/decision.h"

namespace lightfast::lifecycle {

struct Sum {
  std::uint64_t images = 0;
  std::uint64_t bytes = 0;
  void add(std::uint64_t size) {
    images += 1;
    bytes += size;
  }
};

class Plan {
 public:
  static constexpr std::size_t largest = 1'000'000;

  void add(const Decision& decision);  // not one that is in it already
  // What was to go to the trash goes for good, for space.
  void take_for_space(std::size_t index);

  std::size_t size() const { return entries_.size(); }
  bool is_full() const { return entries_.size() >= largest; }
  bool contains(const ImageId& id) const { return ids_.contains(pack(id)); }
  Decision at(std::size_t index) const;
  Sum taken_from(const UserId& user) const;  // of what lives: without what lies in the trash already

 private:
  using Packed = std::array<char, 26>;  // the id without its prefix
  struct Entry {
    Packed id;
    Reason reason;
    Fate fate;
    std::uint32_t user;
    std::uint64_t bytes;
  };
  struct Hash {
    // The random half of the id.
    std::size_t operator()(const Packed& id) const {
      return std::hash<std::string_view>()(std::string_view(id.data() + 10, id.size() - 10));
    }
  };
  static Packed pack(const ImageId& id);

  std::vector<Entry> entries_;
  std::unordered_set<Packed, Hash> ids_;
  std::vector<UserId> users_;
  std::unordered_map<UserId, std::uint32_t> user_index_;
  std::vector<Sum> taken_;  // by the user's index
};

}  // namespace lightfast::lifecycle
