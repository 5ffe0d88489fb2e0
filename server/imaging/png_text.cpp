#include "server/imaging/png_text.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

// PNG 11.3.3: a keyword or name, zero, then: zTXt and iCCP a method byte and the stream; iTXt a flag, a method,
// a language, zero, a translated keyword, zero, and the text, compressed where the flag is 1.
Bytes compressed_part(const PngChunk& chunk) {
  const auto after_zero = [](Bytes bytes) {
    const auto zero = std::ranges::find(bytes, std::byte{0});
    return zero == bytes.end() ? Bytes{} : bytes.subspan(static_cast<std::size_t>(zero - bytes.begin()) + 1);
  };
  Bytes rest = after_zero(chunk.data);
  if (chunk.type != tag("iTXt")) return rest.empty() ? Bytes{} : rest.subspan(1);
  if (rest.size() < 2 || u8(rest) != 1) return {};
  return after_zero(after_zero(rest.subspan(2)));
}

// How many bytes `stream` inflates to; stops at its first error, or when there are more than `most`.
std::uint64_t inflated_bytes(Bytes stream, std::uint64_t most) {
  z_stream z{};
  if (inflateInit(&z) != Z_OK) return most + 1;
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(stream.data()));
  z.avail_in = static_cast<uInt>(stream.size());
  std::array<Bytef, 16 * 1024> sink;
  int status = Z_OK;
  while (status == Z_OK && z.total_out <= most) {
    z.next_out = sink.data();
    z.avail_out = static_cast<uInt>(sink.size());
    status = inflate(&z, Z_NO_FLUSH);
  }
  inflateEnd(&z);
  return z.total_out;
}

}  // namespace

Result<void> PngTextBudget::spend(const PngChunk& chunk) {
  if (++chunks_ > kMostChunks) return invalid("PNG: more than a thousand chunks of compressed text or profile");
  const Bytes stream = compressed_part(chunk);
  possible_bytes_ += stream.size() * std::uint64_t{1032};
  if (possible_bytes_ <= kMostBytes) return {};
  const std::uint64_t bytes = inflated_bytes(stream, left_bytes_);
  if (bytes > left_bytes_) return invalid("PNG: compressed text or profile of more than 16 MiB");
  left_bytes_ -= bytes;
  return {};
}

}  // namespace lightfast::imaging
