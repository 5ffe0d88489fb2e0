#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>
#include <stdexcept>

#include "base/encoding.h"

namespace lightfast {
namespace {

// OpenSSL fails here only without memory or without a provider: nothing that a caller could go on from.
void require(int outcome, const char* call) {
  if (outcome != 1) throw std::runtime_error(std::string(call) + " failed");
}

}  // namespace

std::string Sha256Digest::hex() const {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<Sha256Digest> Sha256Digest::from_hex(std::string_view text) {
  const std::optional<std::string> raw = lightfast::from_hex(text);
  Sha256Digest digest;
  if (!raw || raw->size() != digest.bytes.size()) return std::nullopt;
  std::memcpy(digest.bytes.data(), raw->data(), raw->size());
  return digest;
}

struct Sha256Stream::Impl {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : impl_(std::make_unique<Impl>()) {
  require(EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr), "EVP_DigestInit_ex");
}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()), "EVP_DigestUpdate");
}

Sha256Digest Sha256Stream::finish() {
  Sha256Digest digest;
  auto* out = reinterpret_cast<unsigned char*>(digest.bytes.data());
  require(EVP_DigestFinal_ex(impl_->context.get(), out, nullptr), "EVP_DigestFinal_ex");
  return digest;
}

Sha256Digest sha256(std::string_view bytes) {
  Sha256Stream stream;
  stream.update(std::as_bytes(std::span(bytes)));
  return stream.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string code(32, '\0');
  // OpenSSL reads a null key as "the key of last time"; an empty view may hold one.
  const char* key_bytes = key.empty() ? "" : key.data();
  const unsigned char* made = HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()),
                                   reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                                   reinterpret_cast<unsigned char*>(code.data()), nullptr);
  require(made != nullptr ? 1 : 0, "HMAC");
  return code;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lightfast
