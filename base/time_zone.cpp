#include "base/time_zone.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <regex>

namespace lightfast {

namespace {
const std::filesystem::path database = "/usr/share/zoneinfo";
}

bool is_time_zone(const std::string& name) {
  static const std::regex posix_rule("([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?[0-9].*");
  if (name == "UTC" || name == "GMT" || std::regex_match(name, posix_rule)) return true;
  const std::string plain = name.starts_with(':') ? name.substr(1) : name;
  std::error_code problem;
  return !plain.empty() &&
         std::filesystem::is_regular_file(database / plain, problem);  // an absolute path stands alone
}

void use_time_zone(const std::string& name) {
  if (!name.empty()) ::setenv("TZ", name.c_str(), 1);
  ::tzset();
}

std::chrono::seconds utc_offset_at(Timestamp time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return std::chrono::seconds(local.tm_gmtoff);
}

}  // namespace lightfast
