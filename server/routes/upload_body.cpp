#include "server/routes/upload_body.h"

namespace lightfast::routes {
namespace {
constexpr std::size_t append_bytes = 256 * 1024;  // what is gathered before it goes to the disk
}

Result<void> require_body(const http::Request& request) {
  if (request.headers.find("Content-Length") != nullptr || request.headers.find("Transfer-Encoding") != nullptr) {
    return {};
  }
  return Error{Errc::length_required, "send the image as the body, with Content-Length or chunked"};
}

Task<Result<void>> admit_body(ingest::IngestService& ingest, const http::Request& request, std::optional<UserId> user,
                              std::uint64_t limit_bytes) {
  const std::uint64_t announced = request.body->content_length().value_or(0);
  if (announced > limit_bytes) {
    co_return Error{Errc::too_large,
                    "the body has " + std::to_string(announced) + " bytes, allowed are " + std::to_string(limit_bytes)};
  }
  auto admitted = co_await ingest.admit(std::move(user), announced);
  co_return admitted;
}

Task<Result<ingest::SpooledBytes>> spool_body(ingest::IngestService& ingest, http::BodyReader& body) {
  auto spool = co_await ingest.open_spool();
  if (!spool) co_return spool.error();
  std::vector<std::byte> gathered;
  for (bool more = true; more;) {
    auto piece = co_await body.read();
    if (!piece) co_return piece.error();
    more = !piece->empty();
    gathered.insert(gathered.end(), piece->begin(), piece->end());
    if (gathered.size() < append_bytes && more) continue;
    auto appended = co_await ingest.append(*spool, gathered);
    if (!appended) co_return appended.error();
    gathered.clear();
  }
  co_return spool->finish();
}

}  // namespace lightfast::routes
