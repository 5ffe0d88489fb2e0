#include "server/guard/hotlinks.h"

#include <algorithm>

#include "server/http/http_text.h"

namespace lightfast::guard {
namespace {

// Of an http or https URL; empty: it is none, or not as a browser writes it.
std::string_view host_of(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == url.npos || url.find(' ') != url.npos) return {};
  const auto scheme = url.substr(0, scheme_end);
  if (!http::same_name(scheme, "https") && !http::same_name(scheme, "http")) return {};
  auto authority = url.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.find_first_of("@\\") != authority.npos) return {};
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool fits(std::string_view host, std::string_view pattern) {
  if (!pattern.starts_with("*.")) return http::same_name(host, pattern);
  const auto below = pattern.substr(1);
  return host.size() > below.size() && http::same_name(host.substr(host.size() - below.size()), below);
}

}  // namespace

Hotlinks::Hotlinks(std::vector<std::string> hosts, const std::vector<std::string>& own) : hosts_(std::move(hosts)) {
  if (hosts_.empty()) return;
  for (const auto& url : own) {
    if (const auto host = host_of(url); !host.empty()) hosts_.emplace_back(host);
  }
}

bool Hotlinks::allow(std::string_view origin, std::string_view referer) const {
  if (!are_limited()) return true;
  const bool names_none = origin.empty() || origin == "null";  // of a sandboxed frame, or a file
  return (names_none || is_ours(origin)) && (referer.empty() || is_ours(referer));
}

bool Hotlinks::is_ours(std::string_view url) const {
  const auto host = host_of(url);
  return !host.empty() &&
         std::any_of(hosts_.begin(), hosts_.end(), [host](const auto& pattern) { return fits(host, pattern); });
}

bool Hotlinks::is_host(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  const bool is_v6 = text.starts_with('[') && text.ends_with(']');
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') &&
         text.find_first_not_of(is_v6 ? "0123456789abcdef:[]" : "abcdefghijklmnopqrstuvwxyz0123456789-._") == text.npos;
}

}  // namespace lightfast::guard
