// Reads one variable after the other out of an environment that somebody else has read: gathers what is wrong, and
// remembers the effective values. Part of server/config; used by nobody else. One thread.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "server/config.h"
#include "server/guard/rate.h"

namespace lightfast {

std::string trimmed(std::string_view text);                    // without the blanks around it
std::vector<std::string> split_list(const std::string& text);  // at commas, without empty parts

std::string without_login(const std::string& url);  // without user:password@

class ConfigReader {
 public:
  ConfigReader(const Environment& environment, LoadedConfig& loaded) : environment_(environment), loaded_(loaded) {}

  // Set and not empty: an empty value means the default, as platforms' web forms leave it.
  std::optional<std::string> find(const std::string& name) const;

  template <class Int>
  void number(const std::string& name, Int& field, std::uint64_t least, std::uint64_t most) {
    if (const auto text = find(name)) {
      std::uint64_t value = 0;
      const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
      if (problem != std::errc() || end != text->data() + text->size() || value < least || value > most) {
        reject(name, *text, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
      } else {
        field = static_cast<Int>(value);
      }
    }
    show(name, std::to_string(field));
  }

  void text(const std::string& name, std::string& field);

  template <class Enum>
  void word(const std::string& name, Enum& field, const std::vector<std::pair<std::string, Enum>>& words) {
    if (const auto value = find(name)) {
      const auto found =
          std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == *value; });
      if (found == words.end()) {
        std::string allowed = "one of";
        for (const auto& entry : words) allowed += " " + entry.first;
        reject(name, *value, allowed);
      } else {
        field = found->second;
      }
    }
    for (const auto& entry : words) {
      if (entry.second == field) return show(name, entry.first);
    }
  }

  void time_of_day(const std::string& name, std::optional<std::chrono::minutes>& field);  // HH:MM, or `off`
  void time_zone(const std::string& name, std::string& field);

  // An absolute http or https URL without query; a slash at the end is dropped.
  void base_url(const std::string& name, std::string& field);
  // The same, that may hold user:password@, which is not shown.
  void login_url(const std::string& name, std::string& field);
  // An http or https URL as it stands; it may hold a secret, and is not shown.
  void secret_url(const std::string& name, std::string& field);

  void secrets(const std::string& name, std::vector<std::string>& field);
  void secret(const std::string& name, std::string& field);

  // Networks in CIDR notation, separated by commas, or `off` for none.
  void networks(const std::string& name, std::vector<IpNetwork>& field, const std::string& usual = "off");
  // N/second, N/minute or N/hour, or `off`.
  void rate(const std::string& name, std::optional<guard::Rate>& field);

  // Separated by commas, each as it `fits` in lower case and without a slash at the end.
  template <class Fits>
  void sites(const std::string& name, std::vector<std::string>& field, Fits fits, const std::string& allowed) {
    std::string shown;
    for (const auto& given : split_list(find(name).value_or(""))) {
      auto site = given;
      std::transform(site.begin(), site.end(), site.begin(), [](unsigned char c) { return std::tolower(c); });
      if (site.ends_with('/')) site.pop_back();
      if (!fits(site)) reject(name, given, allowed);
      shown += (shown.empty() ? "" : ",") + site;
      field.push_back(std::move(site));
    }
    show(name, shown);
  }

  void reject(const std::string& name, const std::string& value, const std::string& allowed);
  void show(const std::string& name, const std::string& value);

 private:
  const Environment& environment_;
  LoadedConfig& loaded_;
};

}  // namespace lightfast
