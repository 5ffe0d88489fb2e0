#include "server/routes/signature.h"

#include "server/http/request_target.h"

namespace lightfast::routes {

Result<std::optional<Timestamp>> signature_of(const http::Request& request, const images::UrlSigner& signer,
                                              Timestamp now) {
  if (!request.query.find("exp") && !request.query.find("sig")) return std::optional<Timestamp>();
  auto expires_at = signer.verify(http::path_and_query(request.target).value_or(""), now);
  if (!expires_at) return expires_at.error();
  return std::optional(*expires_at);
}

}  // namespace lightfast::routes
