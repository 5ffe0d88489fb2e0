// Opens an image for serving: found, allowed, and its bytes known to be the ones that were proven. Any thread; it must
// outlive its coroutines.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/task.h"
#include "base/unique_fd.h"
#include "base/workers.h"
#include "db/database.h"
#include "server/images/mender.h"
#include "storage/storage.h"

namespace lightfast::images {

struct OpenImage {
  db::ImageRecord image;
  std::shared_ptr<const UniqueFd> file;
  storage::BlobStamp stamp;  // for which its bytes were proven
};

// Which image is meant by the parts of a URL.
struct ImageById {
  UserId user;
  ImageId id;
  std::string extension;  // empty: none was given
};
struct ImageByName {
  UserId user;
  db::ImageName name;
  std::uint32_t version = 0;  // 0: the current one
};

class ImageOpener {
 public:
  using MayRead = std::function<bool(const db::ImageRecord&)>;

  ImageOpener(db::Database& database, storage::Storage& storage, Mender& mender, Workers& readers, Logger& log);

  // Errc::not_found: absent, removed, a wrong extension, or `may_read` says no (all look the same).
  // Errc::damaged: the file is missing or its bytes are not the ones that were stored; it has been set aside.
  Task<Result<OpenImage>> open(ImageById which, MayRead may_read);
  Task<Result<OpenImage>> open(ImageByName which, MayRead may_read);
  // The image that a promised id turned out to be (db::Images::add_alias).
  Task<Result<OpenImage>> open_aliased(ImageById which, MayRead may_read);

 private:
  using Find = std::function<Result<std::optional<db::ImageRecord>>(const db::Session&)>;
  Task<Result<OpenImage>> open_found(Find find, MayRead may_read);
  Result<OpenImage> open_blocking(const Find& find, const MayRead& may_read);
  Result<void> verify(const db::ImageRecord& image, const storage::OpenBlob& blob);
  Error without_file(const db::ImageRecord& image);

  db::Database& database_;
  storage::Storage& storage_;
  Mender& mender_;
  Workers& readers_;
  Logger& log_;
};

}  // namespace lightfast::images
