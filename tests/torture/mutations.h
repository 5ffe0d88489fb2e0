// What can befall a stored file behind the server's back. Each changes the inode, the size or the change time, as
// everything does that goes through the file system. Adding one is one line in mutations.cpp. Pure but for the files.
#pragma once

#include <filesystem>
#include <random>
#include <span>
#include <string_view>

namespace lightfast::torture {

struct Mutation {
  std::string_view name;
  // Changes `file`; `other` is another stored image, which only some take part in.
  void (*apply)(const std::filesystem::path& file, const std::filesystem::path& other, std::mt19937_64& random);
  enum class Harms { file, both, nothing } harms = Harms::file;
};

std::span<const Mutation> mutations();

}  // namespace lightfast::torture
