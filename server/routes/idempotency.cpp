#include "server/routes/idempotency.h"

#include "base/digest.h"

namespace lightfast::routes {

Result<std::optional<jobs::IdempotencyKey>> idempotency_key(const http::Request& request, std::string_view body,
                                                            const guard::Caller& caller) {
  const std::string* key = request.headers.find("Idempotency-Key");
  if (key == nullptr) return std::optional<jobs::IdempotencyKey>();
  if (key->empty() || key->size() > 255) {
    return Error{Errc::invalid_request, "Idempotency-Key must have 1 to 255 characters"};
  }
  Sha256Stream hash;
  for (const std::string_view part : {std::string_view(request.method_text), std::string_view(request.target), body}) {
    hash.update(std::as_bytes(std::span(part)));
    hash.update(std::as_bytes(std::span("\n", 1)));
  }
  return std::optional(jobs::IdempotencyKey{caller.identity(), *key, hash.finish().hex()});
}

}  // namespace lightfast::routes
