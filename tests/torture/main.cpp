// Exit code 0: nothing was lost; 1: something was, or a control noticed nothing; 2: bad usage; 77: not possible here.
#include <charconv>
#include <cstdio>
#include <exception>
#include <map>

#include "tests/torture/parts.h"

namespace lightfast::torture {
namespace {

constexpr const char* usage =
    "usage: torture kill|backup|power-cut|faults|rot|clock [--count N] [--seed N]\n"
    "       [--without order|sync|errors|stamp|distrust]   a guarantee: then violations are what is expected\n"
    "       power-cut [--file-system ext4|xfs]\n"
    "       faults [--skip N] [--only \"SCENARIO FAULT N once|from-then-on\"]\n";

using Part = int (*)(const Options&);
const std::map<std::string, Part> parts = {
    {"kill", torture_by_kill},
    {"backup", torture_by_backup_kill},
    {"power-cut", torture_by_power_cut},
    {"faults", torture_by_faults},
    {"rot", torture_by_rot},
    {"clock", torture_by_clock},
};

bool read_number(const std::string& text, std::uint64_t& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

bool read_options(const std::vector<std::string>& arguments, Options& options) {
  if (arguments.empty() || arguments.size() % 2 == 0 || !parts.contains(arguments[0])) return false;
  options.part = arguments[0];
  for (std::size_t i = 1; i < arguments.size(); i += 2) {
    const std::string& name = arguments[i];
    const std::string& value = arguments[i + 1];
    const bool read = name == "--count"         ? read_number(value, options.count)
                      : name == "--seed"        ? read_number(value, options.seed)
                      : name == "--skip"        ? read_number(value, options.skip)
                      : name == "--file-system" ? (options.file_system = value, value == "ext4" || value == "xfs")
                      : name == "--only"        ? (options.only = value, true)
                      : name == "--without"     ? (options.without = value, true)
                                                : false;
    if (!read) return false;
  }
  return true;
}

}  // namespace
}  // namespace lightfast::torture

int main(int count, char** arguments) {
  lightfast::torture::Options options;
  if (!lightfast::torture::read_options({arguments + 1, arguments + count}, options)) {
    std::fputs(lightfast::torture::usage, stderr);
    return 2;
  }
  try {
    return lightfast::torture::parts.at(options.part)(options);
  } catch (const std::exception& error) {
    std::printf("FAILED: %s, seed %llu: %s\n", options.part.c_str(), static_cast<unsigned long long>(options.seed),
                error.what());
    return 1;
  }
}
