// Output URLs in a provider's JSON: which ones there are, and the hosted ones in their place. What stands beside a
// replaced URL and describes the file is corrected with it. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lightfast::proxy {

struct HostedImage {
  std::string url;
  std::string content_type;
  std::uint64_t size_bytes = 0;
};

using HostedUrls = std::map<std::string, HostedImage, std::less<>>;  // by the provider's URL

// An http, https or data: URL that may be an image: not one that says it is something else.
bool may_be_image(std::string_view text);

// Every such string anywhere in `value`, in order, each once. No more than providers::max_outputs and one, which tells
// that there are too many.
std::vector<std::string> image_urls_in(const boost::json::value& value);

// Each of `hosted` in its place. Where an object holds a replaced URL, its `content_type` and `file_size` become those
// of the hosted file, if it has them.
void put_hosted(boost::json::value& value, const HostedUrls& hosted);

// A URL of the provider's API as ours: `from` and `to` are base URLs. Any other text as it is.
std::string moved_url(std::string_view url, std::string_view from, std::string_view to);
void move_url(boost::json::object& object, std::string_view member, std::string_view from, std::string_view to);

}  // namespace lightfast::proxy
