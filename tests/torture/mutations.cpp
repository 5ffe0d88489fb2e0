#include "tests/torture/mutations.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "tests/support/server_process.h"

namespace lightfast::torture {
namespace {

namespace fs = std::filesystem;
using Random = std::mt19937_64;

void require(bool done, std::string_view what) {
  if (!done) throw std::runtime_error("the harness could not " + std::string(what));
}

std::string random_bytes(std::size_t count, Random& random) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

void write_at(const fs::path& file, std::size_t offset, std::string_view bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  require(static_cast<bool>(stream.flush()), "write into a stored file");
}

void flip_bit(const fs::path& file, const fs::path&, Random& random) {
  const std::string bytes = test::read_file(file);
  const std::size_t offset = random() % bytes.size();
  write_at(file, offset, std::string(1, static_cast<char>(bytes[offset] ^ (1 << random() % 8))));
}

void zero_some(const fs::path& file, const fs::path&, Random& random) {
  const std::size_t size = fs::file_size(file);
  const std::size_t offset = random() % (size / 2);  // the signature's zeros are few: this changes something
  write_at(file, offset, std::string(size / 2, '\0'));
}

void scramble_some(const fs::path& file, const fs::path&, Random& random) {
  const std::size_t size = fs::file_size(file);
  write_at(file, random() % (size / 2), random_bytes(16 + random() % (size / 2 - 16), random));
}

void cut_short(const fs::path& file, const fs::path&, Random& random) {
  fs::resize_file(file, random() % fs::file_size(file));
}

void cut_by_one(const fs::path& file, const fs::path&, Random&) {
  fs::resize_file(file, fs::file_size(file) - 1);
}

void empty(const fs::path& file, const fs::path&, Random&) {
  fs::resize_file(file, 0);
}

void append(const fs::path& file, const fs::path&, Random& random) {
  test::write_file(file, test::read_file(file) + random_bytes(1 + random() % 5000, random));
}

void swap(const fs::path& file, const fs::path& other, Random&) {
  require(::renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0, "swap two files");
}

void write_other_image(const fs::path& file, const fs::path& other, Random&) {
  test::write_file(file, test::read_file(other));
}

void move_other_image(const fs::path& file, const fs::path& other, Random&) {
  const fs::path copy = file.parent_path().parent_path().parent_path() / "copy";
  test::write_file(copy, test::read_file(other));
  fs::rename(copy, file);
}

void link_other_image(const fs::path& file, const fs::path& other, Random&) {
  fs::remove(file);
  fs::create_hard_link(other, file);
}

void symlink_other_image(const fs::path& file, const fs::path& other, Random&) {
  fs::remove(file);
  fs::create_symlink(other, file);
}

void symlink_elsewhere(const fs::path& file, const fs::path&, Random&) {
  fs::remove(file);
  fs::create_symlink("/proc/self/maps", file);
}

void replace_by_folder(const fs::path& file, const fs::path&, Random&) {
  fs::remove(file);
  fs::create_directory(file);
}

void replace_by_pipe(const fs::path& file, const fs::path&, Random&) {
  fs::remove(file);
  require(::mkfifo(file.c_str(), 0600) == 0, "make a pipe");
}

void remove(const fs::path& file, const fs::path&, Random&) {
  fs::remove(file);
}

void rewrite(const fs::path& file, const fs::path&, Random&) {
  test::write_file(file, test::read_file(file));
}

void move_a_copy(const fs::path& file, const fs::path&, Random& random) {
  move_other_image(file, file, random);
}

constexpr Mutation all[] = {
    {"flip-bit", flip_bit},
    {"zero-some", zero_some},
    {"scramble-some", scramble_some},
    {"cut-short", cut_short},
    {"cut-by-one", cut_by_one},
    {"empty", empty},
    {"append", append},
    {"swap", swap, Mutation::Harms::both},
    {"write-other-image", write_other_image},
    {"move-other-image", move_other_image},
    {"link-other-image", link_other_image},
    {"symlink-other-image", symlink_other_image},
    {"symlink-elsewhere", symlink_elsewhere},
    {"replace-by-folder", replace_by_folder},
    {"replace-by-pipe", replace_by_pipe},
    {"remove", remove},
    {"rewrite", rewrite, Mutation::Harms::nothing},
    {"move-a-copy", move_a_copy, Mutation::Harms::nothing},
};

}  // namespace

std::span<const Mutation> mutations() {
  return all;
}

}  // namespace lightfast::torture
