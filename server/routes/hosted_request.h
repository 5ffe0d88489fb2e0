// Which image a hosted URL means. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "server/http/message.h"
#include "server/images/image_opener.h"

namespace lightfast::routes {

// By the parts of a route's pattern: {user}/{id}[.{ext}] and {user}/{collection}/{name}[/{rest}][?version=]. nullopt:
// none could be meant.
std::optional<images::ImageById> image_by_id(const http::Request& request);
std::optional<images::ImageByName> image_by_name(const http::Request& request);

// By path and query as they stand in a URL, "/v1/images/hosted/…"; in both forms.
using HostedImage = std::variant<images::ImageById, images::ImageByName>;
std::optional<HostedImage> image_at(const std::string& target);

}  // namespace lightfast::routes
