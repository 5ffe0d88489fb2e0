#include "storage/filesystem_storage.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "tests/storage/storage_fixtures.h"
#include "tests/support/blobs.h"
#include "tests/support/catch_result.h"

using namespace lightfast;
using namespace lightfast::test;
using lightfast::storage::BlobKey;
using lightfast::storage::FilesystemStorage;

namespace fs = std::filesystem;

namespace {

void write_text(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::size_t count_entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("An image's file lies under its user's folder, and nothing else lies under the root") {
  OnDisk disk;
  REQUIRE(put_bytes(*disk.storage, make_key(1, 1), "bytes"));
  CHECK(fs::is_regular_file(disk.layout.images / make_key(1, 1).text));
  CHECK(count_entries(disk.layout.images) == 1);
  CHECK(count_entries(disk.layout.images / "user1") == 1);
  CHECK(count_entries(disk.layout.temporary) == 0);
}

TEST_CASE("A user's folder goes with the user's last image") {
  OnDisk disk;
  REQUIRE(put_bytes(*disk.storage, make_key(1, 1), "bytes"));
  REQUIRE(put_bytes(*disk.storage, make_key(1, 2), "bytes"));
  REQUIRE(disk.storage->remove(make_key(1, 1)));
  CHECK(fs::exists(disk.layout.images / "user1"));
  REQUIRE(disk.storage->remove(make_key(1, 2)));
  CHECK(count_entries(disk.layout.images) == 0);
}

TEST_CASE("The root stays when its last stranger goes") {
  OnDisk disk;
  write_text(disk.layout.images / "readme.txt", "stranger");
  REQUIRE(disk.storage->remove({"readme.txt"}));
  CHECK(fs::exists(disk.layout.images));
}

TEST_CASE("A changed file has another stamp, and so has a replaced one of the same size") {
  OnDisk disk;
  const auto before = put_bytes(*disk.storage, make_key(1, 1), "bytes");
  REQUIRE(before);
  const fs::path path = disk.layout.images / make_key(1, 1).text;
  SECTION("longer") {
    write_text(path, "more bytes");
  }
  SECTION("replaced") {
    write_text(disk.folder.path() / "other", "BYTES");
    fs::rename(disk.folder.path() / "other", path);
  }
  const auto after = disk.storage->status(make_key(1, 1));
  REQUIRE(after);
  CHECK(after->stamp != before->stamp);
}

TEST_CASE("Nothing but a regular file below the root is ever opened") {
  OnDisk disk;
  const fs::path& root = disk.layout.images;
  write_text(disk.folder.path() / "outside" / "secret.png", "secret");
  fs::create_directories(root / "user1");
  BlobKey key = make_key(1, 1);

  SECTION("a symlink to a file") {
    fs::create_symlink(disk.folder.path() / "outside/secret.png", root / key.text);
  }
  SECTION("a symlink to a file of the same user") {
    write_text(root / "user1" / "real.png", "real");
    fs::create_symlink("real.png", root / key.text);
  }
  SECTION("a user's folder that is a symlink") {
    fs::create_directory_symlink(disk.folder.path() / "outside", root / "user2");
    key = {"user2/secret.png"};
  }
  SECTION("a FIFO, which must not block") {
    REQUIRE(::mkfifo((root / key.text).c_str(), 0600) == 0);
  }
  SECTION("a socket") {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (root / "user1/socket").string();
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    key = {"user1/socket"};
  }
  SECTION("a directory") {
    fs::create_directory(root / key.text);
  }
  SECTION("a way out") {
    key = {"../outside/secret.png"};
  }
  SECTION("a way out and in") {
    key = {"user1/../../images/user1/../../outside/secret.png"};
  }
  SECTION("an absolute path") {
    key = {(disk.folder.path() / "outside/secret.png").string()};
  }
  SECTION("an empty key") {
    key = {""};
  }
  SECTION("a NUL") {
    key = {std::string("user1\0", 6)};
  }
  SECTION("a name longer than any file's") {
    key = {"user1/" + std::string(300, 'a')};
  }

  CHECK(disk.storage->open(key).error().code == Errc::not_found);
}

TEST_CASE("Removing and setting aside never follow a symlink out of the root") {
  OnDisk disk;
  const fs::path secret = disk.folder.path() / "outside" / "secret.png";
  write_text(secret, "secret");
  fs::create_directory_symlink(disk.folder.path() / "outside", disk.layout.images / "user1");
  const BlobKey key = GENERATE(BlobKey{"user1/secret.png"}, BlobKey{"../outside/secret.png"});

  CHECK(disk.storage->remove(key).error().code == Errc::not_found);
  CHECK(disk.storage->set_aside(key, storage::Aside::quarantine).error().code == Errc::not_found);
  CHECK(disk.storage->status(key).error().code == Errc::not_found);
  CHECK(fs::exists(secret));
}

TEST_CASE("put writes through no symlink") {
  OnDisk disk;
  fs::create_directories(disk.folder.path() / "outside");
  fs::create_directory_symlink(disk.folder.path() / "outside", disk.layout.images / "user1");
  CHECK_FALSE(put_bytes(*disk.storage, make_key(1, 1), "bytes"));
  CHECK(count_entries(disk.folder.path() / "outside") == 0);
  CHECK(count_entries(disk.layout.temporary) == 0);
}

TEST_CASE("put takes only an image's key") {
  OnDisk disk;
  const BlobKey key = GENERATE(BlobKey{"notes.txt"}, BlobKey{"user1/notes.txt"}, BlobKey{"../user1/x.png"});
  CHECK(put_bytes(*disk.storage, key, "bytes").error().code == Errc::internal);
  CHECK(count_entries(disk.layout.images) == 0);
}

TEST_CASE("put doesn't overwrite a stranger's file, nor a dangling symlink") {
  OnDisk disk;
  const fs::path path = disk.layout.images / make_key(1, 1).text;
  fs::create_directories(path.parent_path());
  SECTION("file") {
    write_text(path, "stranger");
  }
  SECTION("symlink") {
    fs::create_symlink("nowhere", path);
  }
  CHECK(put_bytes(*disk.storage, make_key(1, 1), "bytes").error().code == Errc::conflict);
  CHECK(fs::symlink_status(path).type() != fs::file_type::not_found);
  CHECK(count_entries(disk.layout.temporary) == 0);
}

TEST_CASE("list shows strangers by their relative paths and leaves out our own folders") {
  TemporaryFolder folder;
  PosixFileSystem files;
  const storage::DataLayout layout =
      storage::data_layout(folder.path() / "images", folder.path() / "db" / "lightfast.db", false);
  const auto disk = FilesystemStorage::open_root(files, layout).value();
  REQUIRE(put_bytes(*disk, make_key(1, 1), "bytes"));
  write_text(layout.images / "readme.txt", "stranger");
  write_text(layout.images / "a" / "b" / "c.png", "stranger");
  write_text(layout.images / "a" / ".temporary" / "d.png", "stranger");
  write_text(layout.temporary / "left.spool", "ours");
  write_text(layout.quarantine / "user,image", "ours");
  fs::create_directory_symlink("/", layout.images / "link");

  CHECK(list_keys(*disk) ==
        std::vector<std::string>{"a/.temporary/d.png", "a/b/c.png", "link", "readme.txt", make_key(1, 1).text});
  CHECK(disk->open({".quarantine/user,image"}).error().code == Errc::not_found);
  CHECK(disk->remove({".temporary/left.spool"}).error().code == Errc::not_found);
  REQUIRE(disk->remove({"a/b/c.png"}));
  REQUIRE(disk->remove({"link"}));
  CHECK(list_keys(*disk).size() == 3);
}

TEST_CASE("Left-over temporaries are removed and counted, the images untouched") {
  OnDisk disk;
  REQUIRE(put_bytes(*disk.storage, make_key(1, 1), "bytes"));
  write_text(disk.layout.temporary / "one.spool", "left");
  write_text(disk.layout.temporary / "two.spool", "over");
  CHECK(*disk.storage->remove_leftovers() == 2);
  CHECK(count_entries(disk.layout.temporary) == 0);
  CHECK(*read_bytes(*disk.storage, make_key(1, 1)) == "bytes");
}

TEST_CASE("Only what no spool holds is left over") {
  OnDisk disk;
  write_text(disk.layout.temporary / "one.spool", "left");
  fs::create_directories(disk.layout.temporary / "folder");
  auto held = disk.storage->create_spool();
  REQUIRE(held);
  std::vector<std::string> names;
  REQUIRE(disk.storage->list_leftovers([&](const std::string& name) {
    names.push_back(name);
    return true;
  }));
  CHECK(names == std::vector<std::string>{"one.spool"});
  CHECK(*disk.storage->remove_leftovers() == 1);
  REQUIRE(disk.storage->put(make_key(1, 1), std::move(*held)));
}

TEST_CASE("What is no file is told from a blob, and can be set aside") {
  OnDisk disk;
  const BlobKey key = make_key(1, 1);
  const fs::path path = disk.layout.images / key.text;
  fs::create_directories(path.parent_path());
  SECTION("symlink") {
    fs::create_symlink("/etc/hostname", path);
  }
  SECTION("FIFO") {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  }
  SECTION("folder") {
    fs::create_directories(path / "deep");
  }
  CHECK(*disk.storage->look(key) == storage::Entry::something_else);
  const auto name = disk.storage->set_aside(key, storage::Aside::lost_and_found);
  REQUIRE(name);
  CHECK(*disk.storage->look(key) == storage::Entry::nothing);
  CHECK(disk.storage->open_aside(storage::Aside::lost_and_found, *name).error().code == Errc::not_found);
  CHECK(disk.storage->put_back(storage::Aside::lost_and_found, *name, key).error().code == Errc::not_found);
}

TEST_CASE("A quarantined file keeps its bytes, its user and its name, also the second time") {
  OnDisk disk;
  for (const char* bytes : {"first", "second"}) {
    REQUIRE(put_bytes(*disk.storage, make_key(1, 1), bytes));
    REQUIRE(disk.storage->set_aside(make_key(1, 1), storage::Aside::quarantine));
  }
  const fs::path first = disk.layout.quarantine / storage::aside_name(make_key(1, 1));
  CHECK(fs::file_size(first) == 5);
  CHECK(count_entries(disk.layout.quarantine) == 2);
  CHECK(count_entries(disk.layout.images) == 0);
}

TEST_CASE("Opening makes the folders, and again changes nothing") {
  TemporaryFolder folder;
  PosixFileSystem files;
  const storage::DataLayout layout =
      storage::data_layout(folder.path() / "deep" / "down" / "images", folder.path() / "deep" / "lightfast.db", true);
  REQUIRE(put_bytes(*FilesystemStorage::open_root(files, layout).value(), make_key(1, 1), "bytes"));
  const auto again = FilesystemStorage::open_root(files, layout);
  REQUIRE(again);
  CHECK(list_keys(**again) == std::vector<std::string>{make_key(1, 1).text});
}

TEST_CASE("A start that was interrupted while it tried the folders out leaves nothing to the next") {
  OnDisk disk;
  write_text(disk.layout.images / ".Probe", "");
  REQUIRE(FilesystemStorage::open_root(disk.files, disk.layout));
  CHECK(count_entries(disk.layout.images) == 0);
}

TEST_CASE("A root that cannot be a folder stops the start with its path") {
  TemporaryFolder folder;
  PosixFileSystem files;
  write_text(folder.path() / "images", "a file");
  const auto opened = FilesystemStorage::open_root(files, layout_in(folder));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::internal);
  CHECK_THAT(opened.error().detail, Catch::Contains((folder.path() / "images").string()));
}

TEST_CASE("Puts and removals in one user's folder at once all succeed") {
  OnDisk disk;
  constexpr int threads = 4;
  constexpr int rounds = 40;
  std::vector<std::string> failures(threads);
  std::vector<std::thread> pool;
  for (int thread = 0; thread < threads; ++thread) {
    pool.emplace_back([&, thread] {
      for (int round = 0; round < rounds && failures[thread].empty(); ++round) {
        const BlobKey key = make_key(1, thread * rounds + round);
        const auto put = put_bytes(*disk.storage, key, "bytes");
        const auto removed = put ? disk.storage->remove(key) : put.error();
        if (!removed) failures[thread] = removed.error().detail;
      }
    });
  }
  for (std::thread& thread : pool) thread.join();
  CHECK(failures == std::vector<std::string>(threads));
  CHECK(count_entries(disk.layout.images) == 0);
  CHECK(count_entries(disk.layout.temporary) == 0);
}
