// How the tests' decoding child can misbehave: the width of the image in the request chooses. Constants only.
#pragma once

#include <cstdint>

namespace lightfast::test {

enum class Misbehaviour : std::uint32_t {
  crash = 60'001,
  quit,
  hang,
  eat_memory,
  short_reply,
  long_reply,
  escape,
  tell_process,
  write_image
};

}  // namespace lightfast::test
