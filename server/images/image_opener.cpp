#include "server/images/image_opener.h"

#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/digest.h"
#include "db/access.h"

namespace lightfast::images {
namespace {

Error no_such_image() {
  return {Errc::not_found, "there is no such image"};
}
Error damaged_image() {
  return {Errc::damaged, "the stored bytes of this image are damaged; it is not served"};
}

Result<Sha256Digest> hash_file(int file) {
  Sha256Stream stream;
  std::vector<std::byte> buffer(256 * 1024);
  for (off_t offset = 0;;) {
    const ssize_t count = ::pread(file, buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno, "reading an image");
    if (count == 0) return stream.finish();
    stream.update({buffer.data(), static_cast<std::size_t>(count)});
    offset += count;
  }
}

}  // namespace

ImageOpener::ImageOpener(db::Database& database, storage::Storage& storage, Workers& readers, Logger& log)
    : database_(database), storage_(storage), readers_(readers), log_(log) {}

Task<Result<OpenImage>> ImageOpener::open(ImageById which, MayRead may_read) {
  Find find = [which = std::move(which)](const db::Session& session) -> Result<std::optional<db::ImageRecord>> {
    auto found = session.images().find(which.id);
    if (!found || !*found) return found;
    const db::ImageRecord& image = **found;
    const bool same =
        image.user == which.user && (which.extension.empty() || image.file_key.ends_with("." + which.extension));
    return same ? std::move(found) : std::optional<db::ImageRecord>();
  };
  auto opened = co_await open_found(std::move(find), std::move(may_read));
  co_return opened;
}

Task<Result<OpenImage>> ImageOpener::open(ImageByName which, MayRead may_read) {
  Find find = [which = std::move(which)](const db::Session& session) {
    return which.version == 0 ? session.images().find_current(which.user, which.name)
                              : session.images().find_version(which.user, which.name, which.version);
  };
  auto opened = co_await open_found(std::move(find), std::move(may_read));
  co_return opened;
}

Task<Result<OpenImage>> ImageOpener::open_found(Find find, MayRead may_read) {
  auto opened = co_await readers_.run([&] { return open_blocking(find, may_read); });
  co_return opened;
}

Result<OpenImage> ImageOpener::open_blocking(const Find& find, const MayRead& may_read) {
  auto found = db::read(database_, find);
  if (!found) return found.error();
  if (!*found || (*found)->deleted_at || !may_read(**found)) return no_such_image();
  db::ImageRecord& image = **found;

  auto blob = storage_.open(storage::BlobKey{image.file_key});
  if (!blob) {
    if (blob.error().code != Errc::not_found) return blob.error();
    log_.error("an image's file is missing", {{"image", image.id.str()}, {"file", image.file_key}});
    return damaged_image();
  }
  if (blob->info.stamp.text != image.file_stamp) {
    if (auto verified = verify(image, *blob); !verified) return verified.error();
  }
  return OpenImage{std::move(image), std::make_shared<const UniqueFd>(std::move(blob->file))};
}

// The file is not, or not provably, the one whose hash was last checked: read it whole before a byte goes out.
Result<void> ImageOpener::verify(const db::ImageRecord& image, const storage::OpenBlob& blob) {
  bool intact = blob.info.size_bytes == image.file_size;
  if (intact) {
    auto digest = hash_file(blob.file.get());
    if (!digest) return digest.error();
    intact = *digest == image.sha256;
  }
  if (!intact) {
    log_.error("an image's bytes are damaged; it was set aside", {{"image", image.id.str()}, {"file", image.file_key}});
    if (auto moved = storage_.set_aside({image.file_key}, storage::Aside::quarantine); !moved) {
      log_.error("a damaged file could not be set aside",
                 {{"file", image.file_key}, {"reason", explain(moved.error())}});
    }
    return damaged_image();
  }
  // Only to spare the next open the reading: nothing is lost if this fails.
  database_.submit([id = image.id, stamp = blob.info.stamp.text](
                       db::Session& session) { return session.images().set_file_stamp(id, stamp); },
                   [](Result<void>) {});
  return {};
}

}  // namespace lightfast::images
