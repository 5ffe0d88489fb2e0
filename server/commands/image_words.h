// How images are named on the command line. Pure.
#pragma once

#include <string>

namespace lightfast::commands {

// The id in "img_…", "user/img_…", "img_….webp" or a whole URL; `word` itself where there is none.
std::string image_id_in(const std::string& word);

}  // namespace lightfast::commands
