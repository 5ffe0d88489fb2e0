// This side of the faults: the file that the preloaded library maps, and the cases that are written into it. One
// thread at a time.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/torture/fault_control.h"

namespace lightfast::torture {

enum class FaultRepeat { once, from_then_on };

struct FaultCase {
  Fault fault = FAULT_NONE;
  std::uint64_t nth = 0;  // 0: nothing fails, calls are only counted
  FaultRepeat repeat = FaultRepeat::once;
  bool hidden = false;  // success is reported for what was not done: a server that checks nothing
};

std::string_view name_of(Fault fault);
Fault fault_named(std::string_view name);  // FAULT_NONE where there is none
bool kills(Fault fault);
std::string describe(const FaultCase& fault_case);  // "EIO 7 once", "EIO 7 from-then-on"

class FaultInjector {
 public:
  explicit FaultInjector(const std::filesystem::path& file);
  FaultInjector(const FaultInjector&) = delete;
  ~FaultInjector();

  // What a server whose calls below `roots` are to fail is started with, over `environment`.
  test::Environment preloaded(const std::vector<std::filesystem::path>& roots, test::Environment environment) const;

  void arm(const FaultCase& fault_case);
  void disarm();

  // Of the calls since it was armed last.
  std::uint64_t calls_that_can_suffer(Fault fault) const;
  std::uint64_t struck() const;
  std::string first_struck() const;  // "fsync /…", empty where none was

 private:
  const std::filesystem::path file_;
  FaultControl* control_ = nullptr;
};

}  // namespace lightfast::torture
