#include "base/json_strings.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace lightfast {
namespace {

struct Walk {
  const std::function<bool(std::string_view)>& is_wanted;
  std::vector<JsonString> found;

  // Only what holds others has its place written down before it is known to be wanted: strings may be very many.
  void visit(boost::json::value& value, const std::function<std::string()>& place_of) {
    if (auto* text = value.if_string()) {
      if (is_wanted(*text)) found.push_back({place_of(), text});
    } else if (auto* list = value.if_array()) {
      const std::string place = place_of();
      for (std::size_t i = 0; i < list->size(); ++i) {
        visit((*list)[i], [&] { return place + "[" + std::to_string(i) + "]"; });
      }
    } else if (auto* object = value.if_object()) {
      const std::string place = place_of();
      for (auto& member : *object) {
        visit(member.value(), [&] { return place + "." + std::string(member.key()); });
      }
    }
  }
};

}  // namespace

std::vector<JsonString> strings_in(boost::json::value& value, const std::string& place,
                                   const std::function<bool(std::string_view)>& is_wanted) {
  Walk walk{is_wanted, {}};
  walk.visit(value, [&] { return place; });
  return std::move(walk.found);
}

}  // namespace lightfast
