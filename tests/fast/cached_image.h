// An image as the full parser would have opened it: a real file, its facts, the headers it is answered with.
// One thread.
#pragma once

#include <fcntl.h>

#include <fstream>
#include <memory>
#include <string>

#include "base/id.h"
#include "server/fast/answer_cache.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {

class CachedImages {
 public:
  images::OpenImage make(const std::string& bytes, const std::string& user = "alice") {
    const ImageId id = ids_.next_image_id();
    const auto path = folder_.path() / (id.str() + ".png");
    std::ofstream(path, std::ios::binary) << bytes;
    images::OpenImage open{db::ImageRecord{.id = id, .user = UserId::parse(user).value()},
                           std::make_shared<const UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
                           {}};
    open.image.file_key = user + "/" + id.str() + ".png";
    open.image.file_size = bytes.size();
    open.image.sha256 = sha256(bytes);
    open.stamp.text = storage::FileStamp::of(open.file->get())->text();
    return open;
  }

  http::Representation representation(const images::OpenImage& open) const {
    return {open.file, open.image.file_size, "image/png", "\"" + open.image.sha256.hex() + "\"", clock_.now()};
  }
  http::Headers headers() const {
    http::Headers headers;
    headers.set("Cache-Control", "public, max-age=31536000, immutable");
    headers.set("Content-Disposition", "inline; filename=\"image.png\"");
    return headers;
  }

  void offer(fast::AnswerCache& cache, const images::OpenImage& open) const {
    cache.offer(cache.ticket(open.image.id), open, representation(open), headers());
  }

  std::filesystem::path file(const images::OpenImage& open) const {
    return folder_.path() / (open.image.id.str() + ".png");
  }
  std::string target(const images::OpenImage& open) const {
    return "/v1/images/hosted/" + open.image.user.str() + "/" + open.image.id.str() + ".png";
  }
  ManualClock& clock() { return clock_; }

 private:
  ManualClock clock_;
  IdGenerator ids_{clock_};
  TemporaryFolder folder_;
};

}  // namespace lightfast::test
