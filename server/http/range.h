// Range requests, RFC 9110 section 14. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lightfast::http {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
  std::uint64_t length() const { return last - first + 1; }
};

struct RangeChoice {
  enum class Kind { whole, partial, unsatisfiable } kind = Kind::whole;
  std::vector<ByteRange> ranges;  // of `partial`: one or more, in the order asked for
};

// What to send for a Range header of a body of `size` bytes. Other units, syntax errors, more than 8 ranges,
// overlapping ones and any range of an empty body mean the whole; none satisfiable: unsatisfiable (416).
// Of several, those that are not satisfiable are left out.
RangeChoice choose_ranges(std::string_view header, std::uint64_t size);

}  // namespace lightfast::http
