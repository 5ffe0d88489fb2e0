#include "tests/torture/fault_injector.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cstring>
#include <stdexcept>

#include "base/unique_fd.h"
#include "tests/support/server_process.h"

namespace lightfast::torture {

namespace {

constexpr std::array<std::string_view, FAULT_COUNT> names = {
    "none", "EIO", "ENOSPC", "EDQUOT", "EROFS", "EMFILE", "short", "kill-before", "kill-after", "kill-short"};

}  // namespace

std::string_view name_of(Fault fault) {
  return names.at(fault);
}

Fault fault_named(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? FAULT_NONE : static_cast<Fault>(found - names.begin());
}

bool kills(Fault fault) {
  return fault == FAULT_KILL_BEFORE || fault == FAULT_KILL_AFTER || fault == FAULT_KILL_SHORT;
}

std::string describe(const FaultCase& fault_case) {
  return std::string(name_of(fault_case.fault)) + " " + std::to_string(fault_case.nth) +
         (fault_case.repeat == FaultRepeat::once ? " once" : " from-then-on");
}

FaultInjector::FaultInjector(const std::filesystem::path& file) : file_(file) {
  test::write_file(file, std::string(sizeof(FaultControl), '\0'));
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  void* mapped = ::mmap(nullptr, sizeof(FaultControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + file.string());
  control_ = static_cast<FaultControl*>(mapped);
}

FaultInjector::~FaultInjector() {
  ::munmap(control_, sizeof(FaultControl));
}

test::Environment FaultInjector::preloaded(const std::vector<std::filesystem::path>& roots,
                                           test::Environment environment) const {
  std::string joined;
  for (const auto& root : roots) joined += (joined.empty() ? "" : ":") + root.string();
  environment["LD_PRELOAD"] = TORTURE_FAULTS_LIBRARY;
  environment["LIGHTFAST_FAULT_CONTROL"] = file_.string();
  environment["LIGHTFAST_FAULT_ROOTS"] = joined;
  return environment;
}

void FaultInjector::arm(const FaultCase& fault_case) {
  disarm();
  std::memset(control_->count, 0, sizeof control_->count);
  std::memset(control_->first, 0, sizeof control_->first);
  control_->fault = fault_case.fault;
  control_->persistent = fault_case.repeat == FaultRepeat::from_then_on;
  control_->hidden = fault_case.hidden;
  control_->nth = fault_case.nth;
  control_->struck = 0;
  __atomic_store_n(&control_->armed, 1, __ATOMIC_RELEASE);
}

void FaultInjector::disarm() {
  __atomic_store_n(&control_->armed, 0, __ATOMIC_RELEASE);
}

std::uint64_t FaultInjector::calls_that_can_suffer(Fault fault) const {
  return __atomic_load_n(&control_->count[fault], __ATOMIC_SEQ_CST);
}

std::uint64_t FaultInjector::struck() const {
  return __atomic_load_n(&control_->struck, __ATOMIC_SEQ_CST);
}

std::string FaultInjector::first_struck() const {
  return std::string(control_->first, ::strnlen(control_->first, sizeof control_->first));
}

}  // namespace lightfast::torture
