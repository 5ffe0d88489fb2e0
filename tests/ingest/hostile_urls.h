// URLs that want to lead a downloader into its server's own network: every spelling of addresses that are not public,
// names that lead to them, and what one parser reads as another wouldn't. Pure; any thread.
#pragma once

#include <string>
#include <vector>

namespace lightfast::test {

// The only host that a name within a URL may lead to with good reason: public, as far as the URLs know.
inline const std::string public_host = "pictures.example";

struct HostileUrl {
  std::string url;
  std::string inside;  // the address it is after, and that every name but public_host leads to
};

std::vector<HostileUrl> hostile_urls();

}  // namespace lightfast::test
