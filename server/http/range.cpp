#include "server/http/range.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

// More ranges than this in one request is an attack or a mistake, and the whole is cheaper (RFC 9110 section 14.2).
constexpr std::size_t max_ranges = 8;

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A position of any length in digits. What doesn't fit is past the end of every body, and so is the largest value.
std::uint64_t parse_position(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? value : std::numeric_limits<std::uint64_t>::max();
}

// Whether `a` < `b` as numbers of any length.
bool is_less(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// The set behind "bytes=" (the unit compares without case, section 14.1); nullopt for any other unit.
std::optional<std::string_view> byte_range_set(std::string_view header) {
  constexpr std::string_view unit = "bytes=";
  if (!same_name(header.substr(0, unit.size()), unit)) return std::nullopt;
  return header.substr(unit.size());
}

struct Spec {
  bool valid = false;
  std::optional<ByteRange> range;  // absent when there is nothing at that place in this body
};

// int-range or suffix-range, section 14.1.1.
Spec resolve(std::string_view text, std::uint64_t size) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view first = text.substr(0, dash);
  const std::string_view last = text.substr(dash + 1);

  if (first.empty()) {
    if (!is_digits(last)) return {};
    const std::uint64_t length = std::min(parse_position(last), size);
    if (length == 0) return {true, std::nullopt};
    return {true, ByteRange{size - length, size - 1}};
  }
  if (!is_digits(first) || (!last.empty() && (!is_digits(last) || is_less(last, first)))) return {};
  const std::uint64_t from = parse_position(first);
  if (from >= size) return {true, std::nullopt};
  return {true, ByteRange{from, last.empty() ? size - 1 : std::min(parse_position(last), size - 1)}};
}

bool any_overlap(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return std::adjacent_find(ranges.begin(), ranges.end(),
                            [](const auto& a, const auto& b) { return b.first <= a.last; }) != ranges.end();
}

}  // namespace

RangeChoice choose_ranges(std::string_view header, std::uint64_t size) {
  const RangeChoice whole;
  const auto set = byte_range_set(trim(header));
  // An empty body has no byte to name; a 416 would only break clients that put a Range into every request.
  if (!set || size == 0) return whole;

  RangeChoice choice;
  std::size_t asked = 0;
  for (std::size_t position = 0; position <= set->size();) {
    const std::size_t comma = std::min(set->find(',', position), set->size());
    const std::string_view text = trim(set->substr(position, comma - position));
    position = comma + 1;
    if (text.empty()) continue;  // an empty list element counts for nothing (section 5.6.1.2)
    const Spec spec = resolve(text, size);
    if (!spec.valid || ++asked > max_ranges) return whole;
    if (spec.range) choice.ranges.push_back(*spec.range);
  }
  if (asked == 0 || any_overlap(choice.ranges)) return whole;
  choice.kind = choice.ranges.empty() ? RangeChoice::Kind::unsatisfiable : RangeChoice::Kind::partial;
  return choice;
}

}  // namespace lightfast::http
