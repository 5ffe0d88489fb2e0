#include "server/proxy_notice.h"

#include "server/ingest/address_guard.h"

namespace lightfast {

void ProxyNotice::look(const http::Exchange& exchange) {
  if (said_.load(std::memory_order_relaxed)) return;
  const http::Request& request = exchange.request;
  const bool is_forwarded = request.headers.find("X-Forwarded-For") || request.headers.find("X-Real-IP");
  if (!is_forwarded || request.is_from_trusted_proxy || ingest::is_public(request.client_address)) return;
  if (said_.exchange(true)) return;
  log_.warning(
      "requests come through a proxy that is not trusted, and all its clients count as one; if it is yours, "
      "name its network in TRUSTED_PROXIES",
      {{"proxy", request.client_address.str()}});
}

}  // namespace lightfast
