#include "tests/support/blobs.h"

#include <algorithm>

#include "base/file_system.h"

namespace lightfast::test {

using namespace storage;

BlobKey make_key(int user, int image) {
  std::string number = std::to_string(image);
  number.insert(0, 26 - number.size(), '0');
  return {"user" + std::to_string(user) + "/img_" + number + ".png"};
}

Result<BlobInfo> put_bytes(Storage& storage, const BlobKey& key, std::string_view bytes) {
  Result<std::unique_ptr<Spool>> spool = storage.create_spool();
  if (!spool) return spool.error();
  const std::size_t half = bytes.size() / 2;
  for (const std::string_view piece : {bytes.substr(0, half), bytes.substr(half)}) {
    if (const Result<void> appended = (*spool)->append(std::as_bytes(std::span(piece))); !appended) {
      return appended.error();
    }
  }
  return storage.put(key, std::move(*spool));
}

Result<std::string> read_bytes(Storage& storage, const BlobKey& key) {
  const Result<OpenBlob> blob = storage.open(key);
  if (!blob) return blob.error();
  return read_file(blob->file.get());
}

Result<std::string> read_file(int fd) {
  PosixFileSystem files;
  const Result<FileStatus> status = files.status(fd);
  if (!status) return status.error();
  std::string bytes(status->size_bytes, '\0');
  const Result<std::size_t> got = files.read_at(fd, std::as_writable_bytes(std::span(bytes)), 0);
  if (!got) return got.error();
  bytes.resize(*got);
  return bytes;
}

std::vector<std::string> list_keys(Storage& storage) {
  std::vector<std::string> keys;
  storage
      .list([&](const BlobKey& key) {
        keys.push_back(key.text);
        return true;
      })
      .value();
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::vector<std::string> list_aside(Storage& storage, Aside where) {
  std::vector<std::string> names;
  storage
      .list_aside(where,
                  [&](const std::string& name) {
                    names.push_back(name);
                    return true;
                  })
      .value();
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace lightfast::test
