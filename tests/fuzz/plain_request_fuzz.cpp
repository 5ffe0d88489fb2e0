// The bytes of a connection, as both parsers see them: what the small one takes, the full one reads the same way.
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/plain_request_agreement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string difference =
      lightfast::test::disagreement(std::string_view(reinterpret_cast<const char*>(data), size));
  lightfast::fuzz::expect(difference.empty(), difference.c_str());
  return 0;
}
