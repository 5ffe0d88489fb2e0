// Keeps an image's file and what its row says of it in step: wrong bytes are set aside, whole ones put in their place,
// and what is lost is given up. The one that does this: whoever opens, scrubs, checks or stores images tells it. One
// image at a time. Blocking; any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/alerts.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/database.h"
#include "server/images/file_check.h"
#include "storage/storage.h"

namespace lightfast::images {

class Mender {
 public:
  Mender(db::Database& database, storage::Storage& storage, const Clock& clock, Logger& log, Alerts& alerts)
      : database_(database), storage_(storage), clock_(clock), log_(log), alerts_(alerts) {}

  // Files that were read to their end and are right. Returns at once: nothing is lost if it fails.
  struct WholeFile {
    ImageId id;
    storage::BlobStamp stamp;
  };
  void note_whole(std::vector<WholeFile> files);
  // The same, at once, and others that were found wrong: their images are not served until they are known to be whole.
  // Fails only where those could not be marked.
  Result<void> note(const std::vector<WholeFile>& whole, const std::vector<ImageId>& wrong);

  // The file that had the stamp `seen` holds wrong bytes: its image is marked, the file moved to quarantine. Nothing,
  // if another file has come to its place.
  void set_aside(const ExpectedFile& file, const storage::BlobStamp& seen);
  // An image's file is not there: its image is marked. Nothing, if it is there again, or its image is being removed.
  void note_missing(const ExpectedFile& file);

  // The file set aside under `name` comes back to the place of the image's missing or damaged one. Errc::not_found: no
  // such image, or none of that name. Errc::damaged: not its bytes. Errc::conflict: the image's own file is whole.
  Result<void> put_back(const ImageId& id, storage::Aside where, const std::string& name);

  // When it returns, a living image's file is whole, if need be made so of the same bytes, which lie under `fresh` and
  // are taken then. Errc::not_found: it does not live any more; `fresh` is untouched.
  Result<void> heal(const ImageId& id, const storage::BlobKey& fresh);

  // An image whose file is missing or damaged goes to the trash, marked. False: nothing is wrong with its file.
  Result<bool> give_up(const ImageId& id);

 private:
  Result<db::StoredFile> find(const ImageId& id);
  Result<std::optional<FileState>> state_of(const db::StoredFile& file);  // nullopt: missing
  Result<bool> is_whole(const db::StoredFile& file);
  bool is_known_to_be_whole(const ImageId& id);
  Result<void> make_room(const db::StoredFile& file);
  Result<void> place(const db::StoredFile& file, storage::Aside where, const std::string& name);
  Result<void> mark(const ImageId& id);
  void tell_of_damage(const ExpectedFile& file, std::string_view what);

  db::Database& database_;
  storage::Storage& storage_;
  const Clock& clock_;
  Logger& log_;
  Alerts& alerts_;
  std::mutex one_at_a_time_;
};

}  // namespace lightfast::images
