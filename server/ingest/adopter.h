// Takes in a whole image that was set aside, under the user and the id that its name tells: a file whose record went
// lost with a database. It is proven as any other; what was known of it beside its bytes is lost. Blocking; any thread.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "db/database.h"
#include "server/imaging/decoder.h"
#include "server/ingest/in_flight.h"
#include "storage/blob_path.h"
#include "storage/storage.h"

namespace lightfast::ingest {

class Adopter {
 public:
  Adopter(storage::Storage& storage, db::Database& database, imaging::Decoder& decoder, InFlight& in_flight,
          const Clock& clock, Logger& log, const imaging::Limits& limits);

  // Errc::not_found: none of that name. Errc::conflict: the id is an image's already. Errc::invalid_image and its like:
  // it is none, or not of the kind that its name says. After an error it lies where it lay, except where it is unknown
  // whether its row was committed.
  Result<db::ImageRecord> adopt(storage::Aside where, const std::string& name, db::Visibility visibility);

 private:
  struct Proven {
    imaging::ImageFacts facts;
    std::uint64_t size_bytes = 0;
    Sha256Digest sha256;
  };
  Result<Proven> prove(storage::Aside where, const std::string& name, const std::string& extension);
  db::ImageRecord make_record(const storage::BlobName& name, const Proven& proven, db::Visibility visibility) const;

  storage::Storage& storage_;
  db::Database& database_;
  imaging::Decoder& decoder_;
  InFlight& in_flight_;
  const Clock& clock_;
  Logger& log_;
  const imaging::Limits limits_;
};

}  // namespace lightfast::ingest
