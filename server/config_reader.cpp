#include "server/config_reader.h"

#include <cstdio>
#include <sstream>

#include "base/time_zone.h"

namespace lightfast {
namespace {

// Absolute, http or https, with a host and without a query.
bool is_base_url(const std::string& url) {
  const bool is_http = url.starts_with("http://") || url.starts_with("https://");
  if (!is_http || url.find_first_of(" ?#\"<>\\") != std::string::npos) return false;
  const auto host = url.find("://") + 3;
  return host < url.size() && url[host] != '/';
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    if (auto word = trimmed(part); !word.empty()) parts.push_back(std::move(word));
  }
  return parts;
}

std::string without_login(const std::string& url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  const auto at = url.substr(0, url.find('/', begin)).rfind('@');
  return at == std::string::npos || at < begin ? url : url.substr(0, begin) + url.substr(at + 1);
}

std::optional<std::string> ConfigReader::find(const std::string& name) const {
  const auto found = environment_.find(name);
  if (found == environment_.end() || trimmed(found->second).empty()) return std::nullopt;
  return trimmed(found->second);
}

void ConfigReader::text(const std::string& name, std::string& field) {
  if (const auto value = find(name)) field = *value;
  show(name, field);
}

void ConfigReader::time_of_day(const std::string& name, std::optional<std::chrono::minutes>& field) {
  if (const auto value = find(name)) {
    unsigned hours = 0, minutes = 0;
    char end = 0;
    const bool is_time = value->size() <= 5 && std::sscanf(value->c_str(), "%2u:%2u%c", &hours, &minutes, &end) == 2;
    if (*value == "off")
      field.reset();
    else if (is_time && hours < 24 && minutes < 60)
      field = std::chrono::minutes(hours * 60 + minutes);
    else
      reject(name, *value, "a time from 00:00 to 23:59, or off");
  }
  if (!field) return show(name, "off");
  char text[16];
  const auto count = static_cast<int>(field->count());
  std::snprintf(text, sizeof text, "%02d:%02d", count / 60, count % 60);
  show(name, text);
}

void ConfigReader::time_zone(const std::string& name, std::string& field) {
  text(name, field);
  if (!field.empty() && !is_time_zone(field)) {
    reject(name, field, "a time zone that this system knows, such as Europe/Berlin, or UTC");
  }
}

void ConfigReader::base_url(const std::string& name, std::string& field) {
  if (const auto value = find(name)) {
    if (is_base_url(*value) && without_login(*value) == *value)
      field = without_slash(*value);
    else
      reject(name, without_login(*value), "an address such as https://images.example.com");
  }
  show(name, field);
}

void ConfigReader::login_url(const std::string& name, std::string& field) {
  if (const auto value = find(name)) {
    if (is_base_url(without_login(*value)) && is_base_url(*value))
      field = without_slash(*value);
    else
      reject(name, without_login(*value), "an address such as http://127.0.0.1:7860 or http://user:password@host:7860");
  }
  show(name, without_login(field) == field ? field : without_login(field) + " (login hidden)");
}

void ConfigReader::secret_url(const std::string& name, std::string& field) {
  if (const auto value = find(name)) {
    const bool http = value->starts_with("http://") || value->starts_with("https://");
    const bool printable = std::all_of(value->begin(), value->end(), [](char c) { return c > ' ' && c < 127; });
    if (!http || !printable || value->ends_with("://")) {
      reject(name, "(hidden)", "an address such as https://hooks.example.com/lightfast");
    } else {
      field = *value;
    }
  }
  show(name, field.empty() ? "" : "hidden");
}

void ConfigReader::secrets(const std::string& name, std::vector<std::string>& field) {
  if (const auto value = find(name)) field = split_list(*value);
  for (const auto& secret : field) {
    const bool printable = std::all_of(secret.begin(), secret.end(), [](char c) { return c > ' ' && c < 127; });
    if (secret.size() < 8 || !printable)
      reject(name, "(hidden)", "keys of at least 8 printable characters, separated by commas");
  }
  show(name, field.empty() ? "" : std::to_string(field.size()) + " hidden");
}

void ConfigReader::secret(const std::string& name, std::string& field) {
  if (const auto value = find(name)) field = *value;
  show(name, field.empty() ? "" : "hidden");
}

void ConfigReader::networks(const std::string& name, std::vector<IpNetwork>& field, const std::string& usual) {
  const auto value = find(name).value_or(usual);
  std::string shown;
  for (const auto& text : value == "off" ? std::vector<std::string>() : split_list(value)) {
    const auto network = IpNetwork::parse(text);
    if (network)
      field.push_back(*network);
    else
      reject(name, text, "networks such as 10.0.0.0/8,fd00::/8");
    shown += (shown.empty() ? "" : ",") + text;
  }
  show(name, shown);
}

void ConfigReader::rate(const std::string& name, std::optional<guard::Rate>& field) {
  const auto value = find(name).value_or("off");
  field = guard::Rate::parse(value);
  if (!field && value != "off") {
    reject(name, value,
           "N/second, N/minute or N/hour with an N from 1 to " + std::to_string(guard::Rate::most) + ", or off");
  }
  show(name, field ? field->str() : "off");
}

void ConfigReader::reject(const std::string& name, const std::string& value, const std::string& allowed) {
  loaded_.errors.push_back(name + "=" + value + ": allowed is " + allowed);
}

void ConfigReader::show(const std::string& name, const std::string& value) {
  loaded_.effective.emplace_back(name, value);
}

}  // namespace lightfast
