#include "server/guard/rate.h"

#include <algorithm>
#include <charconv>

namespace lightfast::guard {
namespace {

using std::chrono::seconds;

constexpr std::pair<std::string_view, seconds> units[] = {
    {"/second", seconds(1)}, {"/minute", seconds(60)}, {"/hour", seconds(3600)}};

}  // namespace

std::optional<Rate> Rate::parse(std::string_view text) {
  Rate rate;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), rate.count);
  if (problem != std::errc() || rate.count == 0 || rate.count > most) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto unit =
      std::find_if(std::begin(units), std::end(units), [&](const auto& each) { return each.first == text; });
  if (unit == std::end(units)) return std::nullopt;
  rate.period = unit->second;
  return rate;
}

std::string Rate::str() const {
  const auto unit =
      std::find_if(std::begin(units), std::end(units), [this](const auto& each) { return each.second == period; });
  return std::to_string(count) + std::string(unit->first);
}

}  // namespace lightfast::guard
