// POST /v1/uploads, and PUT or POST to the URL that it hands out: one image from whoever holds it, a browser or a
// phone, without a key.
#pragma once

#include "server/guard/key_ring.h"
#include "server/http/message.h"
#include "server/images/image_service.h"
#include "server/images/image_urls.h"
#include "server/images/url_signer.h"
#include "server/ingest/ingest_service.h"
#include "server/routes/upload_ticket.h"

namespace lightfast::routes {

class TicketRoutes {
 public:
  static constexpr std::uint64_t body_limit = 256 * 1024;

  TicketRoutes(const images::UrlSigner& signer, const guard::KeyRing& keys, ingest::IngestService& ingest,
               images::ImageService& images, const images::ImageUrls& urls, const IdGenerator& ids, const Clock& clock);

  Task<Result<http::Response>> create(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> receive(http::Request& request);

  std::uint64_t image_limit() const { return ingest_.limits().image.max_bytes; }

 private:
  Result<UploadTicket> open_ticket(http::Request& request) const;
  Task<Result<ingest::SpooledBytes>> take_body(http::Request& request, UserId user, bool is_repeated);
  Task<Result<std::optional<db::ImageRecord>>> earlier_image(UserId user, ingest::TicketUse use, Sha256Digest sha256);
  http::Response answer(const db::ImageRecord& image, int status) const;

  const images::UrlSigner& signer_;
  const guard::KeyRing& keys_;
  ingest::IngestService& ingest_;
  images::ImageService& images_;
  const images::ImageUrls& urls_;
  const IdGenerator& ids_;
  const Clock& clock_;
};

}  // namespace lightfast::routes
