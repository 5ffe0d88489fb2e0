// Whose pages may show our images (HOTLINK_ALLOW_HOSTS), told by what browsers send. Against traffic that others cause,
// not against thieves: a program sends what it likes. Immutable: any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lightfast::guard {

class Hotlinks {
 public:
  Hotlinks() = default;  // everybody's
  // "example.com", "*.example.com" for whatever is below it; `own` are our base URLs, whose hosts always may. Without
  // hosts everybody may.
  Hotlinks(std::vector<std::string> hosts, const std::vector<std::string>& own);

  bool are_limited() const { return !hosts_.empty(); }

  // Whether a request with these two fields (empty: not given) may have an image: one that names no page may, else each
  // page that is named must be one of ours.
  bool allow(std::string_view origin, std::string_view referer) const;

  static bool is_host(std::string_view text);  // or such a pattern, in lower case

 private:
  bool is_ours(std::string_view url) const;

  std::vector<std::string> hosts_;
};

}  // namespace lightfast::guard
