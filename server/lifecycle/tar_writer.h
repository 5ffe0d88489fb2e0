// Writes files one after the other as a tar stream (POSIX ustar, with a pax record for what is over 8 GiB), gathered
// into large pieces. Not the reading of files. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace lightfast::lifecycle {

struct TarEntry {
  std::string name;  // at most 155 bytes of folders and 100 of file
  std::uint64_t size_bytes = 0;
  Timestamp modified_at{};
  unsigned mode = 0640;
};

class TarWriter {
 public:
  using Sink = std::function<Result<void>(std::span<const std::byte>)>;
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  // An entry, then exactly as many bytes as it says (Errc::internal for more), then the next one.
  Result<void> begin(const TarEntry& entry);
  Result<void> write(std::span<const std::byte> bytes);
  Result<void> end();     // of the entry: Errc::internal if bytes are missing
  Result<void> finish();  // the end of the stream; everything has been given to the sink then

 private:
  Result<void> put(std::string_view bytes);
  Result<void> pad(std::uint64_t block_bytes);
  Result<void> flush();

  Sink sink_;
  std::string waiting_;
  std::uint64_t written_ = 0;    // of the whole stream
  std::uint64_t remaining_ = 0;  // of the entry
};

}  // namespace lightfast::lifecycle
