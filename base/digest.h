// SHA-256, at once or piece by piece, and HMAC-SHA-256 (OpenSSL underneath).
// A Sha256Stream belongs to one thread at a time; Sha256Digest is a plain value.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lightfast {

struct Sha256Digest {
  std::array<std::byte, 32> bytes{};
  std::string hex() const;                                             // 64 lower-case digits
  static std::optional<Sha256Digest> from_hex(std::string_view text);
  auto operator<=>(const Sha256Digest&) const = default;
};

class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(std::span<const std::byte> bytes);
  Sha256Digest finish();  // once; the stream is spent then

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Sha256Digest sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view message);   // 32 raw bytes
bool equal_constant_time(std::string_view a, std::string_view b);          // false at once where lengths differ

}  // namespace lightfast
