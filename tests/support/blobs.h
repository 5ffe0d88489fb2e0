// Small helpers to write and read whole blobs through a Storage, and keys to put them under.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/storage.h"

namespace lightfast::test {

// "user1/img_00000000000000000000000001.png", with the numbers given.
storage::BlobKey make_key(int user, int image);

// Spools `bytes` in two pieces and puts them.
Result<storage::BlobInfo> put_bytes(storage::Storage& storage, const storage::BlobKey& key, std::string_view bytes);

// All the bytes under `key`.
Result<std::string> read_bytes(storage::Storage& storage, const storage::BlobKey& key);
Result<std::string> read_file(int fd);

// What list() and list_aside() show, sorted.
std::vector<std::string> list_keys(storage::Storage& storage);
std::vector<std::string> list_aside(storage::Storage& storage, storage::Aside where);

}  // namespace lightfast::test
