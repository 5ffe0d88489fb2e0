// What the server does while system calls fail. Adding one is one line in fault_scenarios.cpp.
#pragma once

#include <span>
#include <string_view>

#include "tests/torture/scene.h"

namespace lightfast::torture {

struct Scenario {
  std::string_view name;
  void (*prepare)(Scene& scene);  // nothing fails yet
  void (*act)(Scene& scene);      // the n-th call fails
  test::Environment environment = {};
  // Whether one failed fsync of a file or folder of images forbids the acknowledgement.
  enum class Syncs { one_image, several } syncs = Syncs::several;
  // A paid image is kept until there are descriptors again, and its caller waits with it, longer than this test would.
  bool waits_for_descriptors = false;
  // On data of its own: it looks at everything that is stored.
  bool fresh = false;
  bool may_leave_it_down = false;
  // What must be possible once the fault is gone and the server restarted.
  void (*afterwards)(Scene& scene, Report& report, const std::string& when) = [](Scene&, Report&, const std::string&) {
  };
};

std::span<const Scenario> scenarios();

}  // namespace lightfast::torture
