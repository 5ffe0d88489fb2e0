// Mounts that nobody else sees and that end with the process: for tests that need a disk of their own.
#pragma once

#include <optional>
#include <string>

namespace lightfast::test {

// Gives this thread, and what it starts from then on, mounts of its own; the reason where that cannot be. Any number
// of times.
std::optional<std::string> make_mounts_private();

}  // namespace lightfast::test
