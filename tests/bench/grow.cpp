// Makes a data folder as a store has it after years: many images of many users, files included. The files are sparse,
// so that a million of them take little room; each is known to the database with its right size, hash and stamp. The
// first user has a tenth of all images, the others share the rest.
//
// usage: grow FOLDER IMAGES USERS
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "base/id.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "db/access.h"
#include "db/sqlite/sqlite_database.h"
#include "storage/blob_path.h"
#include "storage/file_stamp.h"

namespace lightfast {
namespace {

constexpr std::size_t bytes_each = 20'000;
constexpr std::size_t images_a_transaction = 250;  // more pages than the writer keeps would cost a search each
constexpr std::chrono::hours history{24 * 365};

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(explain(result.error()));
  return std::move(*result);
}

UserId owner(std::size_t number, std::size_t users) {
  const std::size_t index = number % 10 == 0 ? 0 : 1 + number % (users - 1);
  return need(UserId::parse("user" + std::to_string(index)));
}

storage::FileStamp make_sparse_file(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::ftruncate(file.get(), bytes_each) != 0) throw std::runtime_error("cannot make " + path.string());
  return storage::FileStamp::of(file.get()).value();
}

class Grower {
 public:
  Grower(const std::filesystem::path& folder, std::size_t images, std::size_t users)
      : folder_(folder), images_(images), users_(users) {
    std::filesystem::create_directories(folder_ / "images");
    for (std::size_t i = 0; i < users; ++i) {
      std::filesystem::create_directory(folder_ / "images" / ("user" + std::to_string(i)));
    }
    database_ = need(db::open_sqlite({.path = folder_ / "lightfast.db"}, clock_, log_));
  }

  void run() {
    for (std::size_t done = 0; done < images_; done += images_a_transaction) {
      const std::size_t end = std::min(images_, done + images_a_transaction);
      const auto inserted = db::commit_blocking(*database_, [&](db::Session& session) -> Result<void> {
        for (std::size_t number = done; number < end; ++number) {
          const auto added = session.images().insert(image(number));
          if (!added) return added.error();
        }
        return {};
      });
      if (!inserted) throw std::runtime_error(explain(inserted.error()));
      std::fprintf(stderr, "\r%zu of %zu images", end, images_);
    }
    std::fputs("\n", stderr);
  }

 private:
  db::ImageRecord image(std::size_t number) {
    db::ImageRecord image{ids_.next_image_id(), owner(number, users_)};
    image.origin = db::Origin::generate;  // is never taken for another with the same bytes
    image.source.provider = "sample";
    image.source.model = "sample";
    image.source.prompt = "a lighthouse at dusk, number " + std::to_string(number);
    image.file_key = storage::blob_key(image.user, image.id, "png").text;
    image.file_size = bytes_each;
    image.file_stamp = make_sparse_file(folder_ / "images" / image.file_key).text();
    image.content_type = "image/png";
    image.width = image.height = 100;
    image.sha256 = zeros_;
    const auto age = std::chrono::milliseconds(history) * (images_ - number) / images_;
    image.created_at = image.renewed_at = image.accessed_at = clock_.now() - age;
    return image;
  }

  const std::filesystem::path folder_;
  const std::size_t images_;
  const std::size_t users_;
  const SystemClock clock_;
  const IdGenerator ids_{clock_};
  Logger log_{LogLevel::error, LogFormat::text};
  const Sha256Digest zeros_ = sha256(std::string(bytes_each, '\0'));
  std::unique_ptr<db::Database> database_;
};

}  // namespace
}  // namespace lightfast

int main(int count, char** arguments) {
  const auto number = [&](int at) { return static_cast<std::size_t>(count > at ? std::atol(arguments[at]) : 0); };
  if (count != 4 || number(2) == 0 || number(3) < 2) {
    std::fputs("usage: grow FOLDER IMAGES USERS (two at least)\n", stderr);
    return 2;
  }
  try {
    lightfast::Grower(arguments[1], number(2), number(3)).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "grow: %s\n", error.what());
    return 1;
  }
}
