#include "server/images/image_opener.h"

#include "db/access.h"

namespace lightfast::images {
namespace {

Error no_such_image() {
  return {Errc::not_found, "there is no such image"};
}
Error damaged_image() {
  return {Errc::damaged, "the stored bytes of this image are damaged; it is not served"};
}

Result<std::optional<db::ImageRecord>> only_if_meant(Result<std::optional<db::ImageRecord>> found,
                                                     const ImageById& which) {
  if (!found || !*found) return found;
  const db::ImageRecord& image = **found;
  if (image.user != which.user) return std::optional<db::ImageRecord>();
  if (!which.extension.empty() && !image.file_key.ends_with("." + which.extension)) {
    return std::optional<db::ImageRecord>();
  }
  return found;
}

}  // namespace

ImageOpener::ImageOpener(db::Database& database, storage::Storage& storage, Mender& mender, Workers& readers,
                         Logger& log)
    : database_(database), storage_(storage), mender_(mender), readers_(readers), log_(log) {}

Task<Result<OpenImage>> ImageOpener::open(ImageById which, MayRead may_read) {
  Find find = [which = std::move(which)](const db::Session& session) {
    return only_if_meant(session.images().find(which.id), which);
  };
  auto opened = co_await open_found(std::move(find), std::move(may_read));
  co_return opened;
}

Task<Result<OpenImage>> ImageOpener::open_aliased(ImageById which, MayRead may_read) {
  Find find = [which = std::move(which)](const db::Session& session) {
    return only_if_meant(session.images().find_aliased(which.id), which);
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
    return blob.error().code == Errc::not_found ? without_file(image) : blob.error();
  }
  if (blob->info.stamp.text != image.file_stamp) {
    if (auto verified = verify(image, *blob); !verified) return verified.error();
  }
  return OpenImage{std::move(image), std::make_shared<const UniqueFd>(std::move(blob->file)),
                   std::move(blob->info.stamp)};
}

// Removed since it was looked up, or lost.
Error ImageOpener::without_file(const db::ImageRecord& image) {
  auto now = db::read(database_, [&](const db::Session& session) { return session.images().find(image.id); });
  if (!now) return now.error();
  if (!*now || (*now)->deleted_at) return no_such_image();
  if (!image.damaged_at) {
    log_.error("an image's file is missing", {{"image", image.id.str()}, {"file", image.file_key}});
  }
  return damaged_image();
}

// The file is not, or not provably, the one whose hash was last checked: read it whole before a byte goes out.
Result<void> ImageOpener::verify(const db::ImageRecord& image, const storage::OpenBlob& blob) {
  const ExpectedFile expected = expected_file(image);
  auto state = compare(blob, expected);
  if (!state) return state.error();
  if (*state != FileState::whole) {
    mender_.set_aside(expected, blob.info.stamp);
    return damaged_image();
  }
  mender_.note_whole({{image.id, blob.info.stamp}});
  return {};
}

}  // namespace lightfast::images
