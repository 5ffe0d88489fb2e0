#include "server/ingest/source_expiry.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/encoding.h"
#include "base/http_url.h"

namespace lightfast::ingest {
namespace {

using std::chrono::seconds;

// Unix times outside 2001–2286 are some other number.
constexpr std::int64_t earliest_unix = 1'000'000'000;
constexpr std::int64_t latest_unix = 9'999'999'999;

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// The decoded value of the first query parameter of that name, whatever its case.
std::optional<std::string> find_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = item.find('=');
    if (equals != std::string_view::npos && equals_ignoring_case(item.substr(0, equals), name)) {
      return percent_decode(item.substr(equals + 1));
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> to_number(std::string_view text, int base = 10) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<Timestamp> to_unix_time(std::string_view text, int base = 10) {
  const auto value = to_number(text, base);
  if (!value || *value < earliest_unix || *value > latest_unix) return std::nullopt;
  return Timestamp(seconds(*value));
}

// ISO 8601 in the forms that signatures use: basic or extended, with or without seconds and fractions, UTC.
std::optional<Timestamp> to_iso_time(std::string_view text) {
  std::string digits;
  for (const char c : text.substr(0, text.find('.'))) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c != '-' && c != ':' && c != 'T' && c != 'Z') {
      return std::nullopt;
    }
  }
  if (digits.size() != 8 && digits.size() != 12 && digits.size() != 14) return std::nullopt;
  digits.resize(14, '0');
  return parse_iso8601(digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6, 2) + "T" +
                       digits.substr(8, 2) + ":" + digits.substr(10, 2) + ":" + digits.substr(12, 2) + "Z");
}

std::optional<Timestamp> dated_expiry(std::string_view query, std::string_view vendor) {
  const auto date = find_parameter(query, "X-" + std::string(vendor) + "-Date");
  const auto lifetime = find_parameter(query, "X-" + std::string(vendor) + "-Expires");
  if (!date || !lifetime) return std::nullopt;
  const auto begin = to_iso_time(*date);
  const auto length = to_number(*lifetime);
  if (!begin || !length || *length > 10L * 365 * 86'400) return std::nullopt;
  return *begin + seconds(*length);
}

std::optional<Timestamp> azure_expiry(std::string_view query) {
  const auto end = find_parameter(query, "se");
  if (!end || !find_parameter(query, "sig")) return std::nullopt;
  return to_iso_time(*end);
}

// A CloudFront custom policy: base64 with + = / written as - _ ~, JSON inside.
std::optional<Timestamp> policy_expiry(std::string_view query) {
  auto policy = find_parameter(query, "Policy");
  if (!policy) return std::nullopt;
  for (char& c : *policy) c = c == '-' ? '+' : c == '_' ? '=' : c == '~' ? '/' : c;
  const auto json = from_base64(*policy);
  if (!json) return std::nullopt;
  const auto less_than = json->find("\"DateLessThan\"");
  if (less_than == std::string::npos) return std::nullopt;
  const auto begin = json->find_first_of("0123456789", less_than);
  if (begin == std::string::npos) return std::nullopt;
  const auto end = std::min(json->find_first_not_of("0123456789", begin), json->size());
  return to_unix_time(std::string_view(*json).substr(begin, end - begin));
}

std::optional<Timestamp> plain_expiry(std::string_view query) {
  for (const char* name : {"expires", "exp", "x-expires", "e", "expiry"}) {
    const auto value = find_parameter(query, name);
    if (!value) continue;
    if (const auto time = to_unix_time(*value)) return time;
  }
  return std::nullopt;
}

std::optional<Timestamp> discord_expiry(std::string_view query) {
  const auto value = find_parameter(query, "ex");
  if (!value || !find_parameter(query, "hm")) return std::nullopt;
  return to_unix_time(*value, 16);
}

bool is_within(std::string_view host, std::string_view domain) {
  return host == domain ||
         (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

}  // namespace

std::optional<Timestamp> find_stated_expiry(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const auto question = url.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  const std::string_view query = url.substr(question + 1);
  std::optional<Timestamp> earliest;
  for (const auto& candidate : {azure_expiry(query), dated_expiry(query, "Amz"), dated_expiry(query, "Goog"),
                                policy_expiry(query), plain_expiry(query), discord_expiry(query)}) {
    if (candidate && (!earliest || *candidate < *earliest)) earliest = candidate;
  }
  return earliest;
}

std::optional<Timestamp> find_customary_expiry(std::string_view url, Timestamp made_at) {
  const auto parsed = parse_http_url(url);
  if (!parsed) return std::nullopt;
  const std::string& host = parsed->host;
  if (is_within(host, "replicate.delivery") || is_within(host, "replicate.com")) return made_at + std::chrono::hours(1);
  if (host.starts_with("oaidalleapi") && is_within(host, "blob.core.windows.net"))
    return made_at + std::chrono::hours(1);
  if (is_within(host, "fal.media")) return made_at + std::chrono::hours(24 * 7);
  return std::nullopt;
}

std::optional<Timestamp> find_expiry(std::string_view url, Timestamp made_at) {
  const auto stated = find_stated_expiry(url);
  const auto customary = find_customary_expiry(url, made_at);
  if (stated && customary) return std::min(*stated, *customary);
  return stated ? stated : customary;
}

}  // namespace lightfast::ingest
