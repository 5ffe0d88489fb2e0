// What a check of the store says of one file or image, in stable words: a problem that it found, or what it did about
// one. Plain values: any thread.
#pragma once

#include <string>
#include <string_view>

namespace lightfast::lifecycle {

enum class Problem {
  missing_file,      // an image whose file is not there
  wrong_size,        // one whose file is longer or shorter than it was
  wrong_hash,        // one whose file holds other bytes
  unreadable_file,   // one whose file is there, but reading it fails
  not_a_file,        // a folder, symlink or FIFO where only images lie
  damaged_image,     // one that was found damaged before, and whose file was set aside
  stray_file,        // a file that no image is known for
  left_over,         // a temporary of a write that was interrupted
  damaged_database,  // rows or indexes that are not sound
};
inline constexpr Problem all_problems[] = {
    Problem::missing_file,  Problem::wrong_size, Problem::wrong_hash, Problem::unreadable_file,  Problem::not_a_file,
    Problem::damaged_image, Problem::stray_file, Problem::left_over,  Problem::damaged_database,
};
std::string_view to_string(Problem problem);  // "missing_file", …

enum class Remedy {
  put_back,   // an image's own bytes were found in lost+found or quarantine
  adopted,    // a whole image without a record has one again
  given_up,   // an image whose bytes are lost went to the trash
  set_aside,  // a stray was moved to lost+found
  removed,    // a left-over temporary
};
inline constexpr Remedy all_remedies[] = {Remedy::put_back, Remedy::adopted, Remedy::given_up, Remedy::set_aside,
                                          Remedy::removed};
std::string_view to_string(Remedy remedy);

struct Finding {
  Problem problem = Problem::missing_file;
  std::string path;    // relative to the images' folder; of a temporary its name
  std::string detail;  // may be empty
};

struct Repair {
  Remedy remedy = Remedy::put_back;
  std::string path;
  std::string detail;
};

}  // namespace lightfast::lifecycle
