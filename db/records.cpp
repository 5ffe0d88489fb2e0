#include "db/records.h"

namespace lightfast::db {

std::string_view to_string(Visibility visibility) {
  return visibility == Visibility::private_ ? "private" : "public";
}

std::optional<Visibility> parse_visibility(std::string_view text) {
  if (text == "public") return Visibility::public_;
  if (text == "private") return Visibility::private_;
  return std::nullopt;
}

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::upload: return "upload";
    case Origin::import: return "import";
    case Origin::generate: return "generate";
  }
  return "upload";
}

std::optional<Origin> parse_origin(std::string_view text) {
  if (text == "upload") return Origin::upload;
  if (text == "import") return Origin::import;
  if (text == "generate") return Origin::generate;
  return std::nullopt;
}

}  // namespace lightfast::db
