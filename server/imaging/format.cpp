#include "server/imaging/format.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "server/imaging/byte_reader.h"

namespace lightfast::imaging {
namespace {

struct Names {
  Format format;
  std::string_view content_type;
  std::string_view extension;
};

constexpr Names kNames[] = {
    {Format::png, "image/png", "png"}, {Format::jpeg, "image/jpeg", "jpg"},  {Format::webp, "image/webp", "webp"},
    {Format::gif, "image/gif", "gif"}, {Format::avif, "image/avif", "avif"},
};

const Names& names_of(Format format) {
  return kNames[static_cast<std::size_t>(format)];
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// ISO/IEC 14496-12 4.3: size, "ftyp", major brand, minor version, compatible brands. A file may call itself mif1 or
// msf1 and name avif among the compatible ones only.
bool is_avif(Bytes head) {
  if (head.size() < 16 || !starts_with(head.subspan(4), "ftyp")) return false;
  const std::size_t end = std::min<std::size_t>(head.size(), be32(head));
  for (std::size_t at = 8; at + 4 <= end; at += 4) {
    if (at == 12) continue;  // the minor version
    if (starts_with(head.subspan(at), "avif") || starts_with(head.subspan(at), "avis")) return true;
  }
  return false;
}

}  // namespace

std::string_view content_type(Format format) {
  return names_of(format).content_type;
}

std::string_view extension(Format format) {
  return names_of(format).extension;
}

std::optional<Format> format_of_content_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ') || content_type.ends_with('\t')) content_type.remove_suffix(1);
  for (const Names& names : kNames) {
    if (equal_ignoring_case(content_type, names.content_type)) return names.format;
  }
  return std::nullopt;
}

std::optional<Format> sniff(std::span<const std::byte> head) {
  // Half of PNG's signature tells it; the other half shows damage in transfer, which is the structure's to report.
  if (starts_with(head, "\x89PNG")) return Format::png;
  if (starts_with(head, "\xFF\xD8\xFF")) return Format::jpeg;
  if (starts_with(head, "GIF87a") || starts_with(head, "GIF89a")) return Format::gif;
  if (head.size() >= 12 && starts_with(head, "RIFF") && starts_with(head.subspan(8), "WEBP")) return Format::webp;
  if (is_avif(head.first(std::min<std::size_t>(head.size(), 32)))) return Format::avif;
  return std::nullopt;
}

}  // namespace lightfast::imaging
