// The five kinds of images that are kept, and what tells one from the other: the first bytes, never a name or a
// Content-Type. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace lightfast::imaging {

enum class Format { png, jpeg, webp, gif, avif };

std::string_view content_type(Format format);  // "image/png"
std::string_view extension(Format format);     // "png", "jpg", "webp", "gif", "avif"
std::optional<Format> format_of_content_type(std::string_view content_type);

// From the signature alone; a prefix of 32 bytes is enough. nullopt: none of the five.
std::optional<Format> sniff(std::span<const std::byte> first_bytes);

}  // namespace lightfast::imaging
