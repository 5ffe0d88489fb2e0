#include "tests/support/places.h"

namespace lightfast::test {

std::filesystem::path program_under_test() {
  return LIGHTFAST_BINARY;
}

std::filesystem::path source_folder() {
  return LIGHTFAST_SOURCE_DIR;
}

}  // namespace lightfast::test
