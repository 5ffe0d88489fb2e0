#include "server/lifecycle/check_note.h"

namespace lightfast::lifecycle {

std::string_view to_string(Problem problem) {
  switch (problem) {
    case Problem::missing_file: return "missing_file";
    case Problem::wrong_size: return "wrong_size";
    case Problem::wrong_hash: return "wrong_hash";
    case Problem::unreadable_file: return "unreadable_file";
    case Problem::not_a_file: return "not_a_file";
    case Problem::damaged_image: return "damaged_image";
    case Problem::stray_file: return "stray_file";
    case Problem::left_over: return "left_over";
    case Problem::damaged_database: return "damaged_database";
  }
  return "";
}

std::string_view to_string(Remedy remedy) {
  switch (remedy) {
    case Remedy::put_back: return "put_back";
    case Remedy::adopted: return "adopted";
    case Remedy::given_up: return "given_up";
    case Remedy::set_aside: return "set_aside";
    case Remedy::removed: return "removed";
  }
  return "";
}

}  // namespace lightfast::lifecycle
