// So many in such a time, as RATE_LIMIT_SERVE and RATE_LIMIT_WRITE say it. Plain values: any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lightfast::guard {

struct Rate {
  std::uint32_t count = 1;
  std::chrono::seconds period{1};

  static constexpr std::uint32_t most = 1'000'000;
  // "10/second", "600/minute", "1000/hour"; nullopt: it is none, or more than `most`.
  static std::optional<Rate> parse(std::string_view text);
  std::string str() const;
  bool operator==(const Rate&) const = default;
};

}  // namespace lightfast::guard
