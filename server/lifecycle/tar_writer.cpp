#include "server/lifecycle/tar_writer.h"

#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>

namespace lightfast::lifecycle {
namespace {

constexpr std::uint64_t block = 512;
constexpr std::uint64_t record = 20 * block;
constexpr std::size_t piece_bytes = 256 << 10;
constexpr std::uint64_t largest_octal_size = 077777777777;

// The header of IEEE Std 1003.1, "ustar Interchange Format".
struct Header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, linkname[100], magic[6], version[2],
      uname[32], gname[32], devmajor[8], devminor[8], prefix[155], padding[12];
};
static_assert(sizeof(Header) == block);

// Zeros in front, the last byte left 0.
template <std::size_t N>
void set_octal(char (&field)[N], std::uint64_t value) {
  for (std::size_t i = N - 1; i-- > 0; value /= 8) field[i] = static_cast<char>('0' + value % 8);
}

template <std::size_t N>
void set_text(char (&field)[N], std::string_view text) {
  std::memcpy(field, text.data(), std::min(N, text.size()));
}

bool set_name(Header& header, std::string_view name) {
  if (name.size() <= sizeof header.name) {
    set_text(header.name, name);
    return true;
  }
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos || slash > sizeof header.prefix || name.size() - slash - 1 > sizeof header.name) {
    return false;
  }
  set_text(header.prefix, name.substr(0, slash));
  set_text(header.name, name.substr(slash + 1));
  return true;
}

// Belongs to who runs the server, so that root restores it for them.
std::optional<std::string> make_header(const TarEntry& entry, char type) {
  Header header{};
  if (!set_name(header, entry.name)) return std::nullopt;
  set_octal(header.mode, entry.mode);
  set_octal(header.uid, ::geteuid());
  set_octal(header.gid, ::getegid());
  set_octal(header.size, entry.size_bytes > largest_octal_size ? 0 : entry.size_bytes);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(entry.modified_at.time_since_epoch()).count();
  set_octal(header.mtime, static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0)));
  header.type = type;
  set_text(header.magic, "ustar");
  set_text(header.version, "00");
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  for (std::size_t i = 0; i < sizeof header; ++i) sum += bytes[i];
  char digits[7] = {};
  set_octal(digits, sum);
  std::memcpy(header.checksum, digits, sizeof digits);  // six digits, a zero, and the blank that is there
  return std::string(reinterpret_cast<const char*>(&header), sizeof header);
}

// "30 size=12345678901\n": the number is the length of the line, itself included.
std::string pax_line(std::string_view key, std::uint64_t value) {
  const std::string rest = " " + std::string(key) + "=" + std::to_string(value) + "\n";
  std::size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() > length) ++length;
  return std::to_string(length) + rest;
}

}  // namespace

Result<void> TarWriter::begin(const TarEntry& entry) {
  const auto header = make_header(entry, '0');
  if (!header) return Error{Errc::internal, "the name " + entry.name + " is too long for a tar stream"};
  if (entry.size_bytes > largest_octal_size) {
    const std::string line = pax_line("size", entry.size_bytes);
    TarEntry extension{"pax", line.size(), entry.modified_at, entry.mode};
    if (auto put_header = put(*make_header(extension, 'x')); !put_header) return put_header;
    if (auto put_line = put(line); !put_line) return put_line;
    if (auto padded = pad(block); !padded) return padded;
  }
  remaining_ = entry.size_bytes;
  return put(*header);
}

Result<void> TarWriter::write(std::span<const std::byte> bytes) {
  if (bytes.size() > remaining_) return Error{Errc::internal, "a file in the tar stream is longer than it was"};
  remaining_ -= bytes.size();
  return put({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<void> TarWriter::end() {
  if (remaining_ > 0) return Error{Errc::internal, "a file in the tar stream is shorter than it was"};
  return pad(block);
}

Result<void> TarWriter::finish() {
  if (auto ended = put(std::string(2 * block, '\0')); !ended) return ended;
  if (auto padded = pad(record); !padded) return padded;
  return flush();
}

Result<void> TarWriter::pad(std::uint64_t block_bytes) {
  const std::uint64_t surplus = written_ % block_bytes;
  return surplus == 0 ? Result<void>() : put(std::string(block_bytes - surplus, '\0'));
}

Result<void> TarWriter::put(std::string_view bytes) {
  written_ += bytes.size();
  waiting_ += bytes;
  return waiting_.size() < piece_bytes ? Result<void>() : flush();
}

Result<void> TarWriter::flush() {
  auto given = waiting_.empty() ? Result<void>() : sink_(std::as_bytes(std::span(waiting_)));
  waiting_.clear();
  return given;
}

}  // namespace lightfast::lifecycle
