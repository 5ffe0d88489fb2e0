// One image that a cleanup takes, and why. Plain values: any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/id.h"

namespace lightfast::lifecycle {

// In the order in which a cleanup looks for them.
enum class Reason { trash, ttl, version, user_limit, space };
inline constexpr Reason all_reasons[] = {Reason::trash, Reason::ttl, Reason::version, Reason::user_limit,
                                         Reason::space};
std::string_view to_string(Reason reason);  // "trash", "ttl", "version", "user_limit", "space"

enum class Fate { to_trash, for_good };

struct Decision {
  ImageId id;
  UserId user;
  Reason reason = Reason::trash;
  std::uint64_t bytes = 0;
  Fate fate = Fate::to_trash;
};

}  // namespace lightfast::lifecycle
