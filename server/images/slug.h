// Names of collections and of images within them, as they stand in URLs: lower-case ASCII letters, digits, '-' and '_'.
// Letters are transliterated (Latin, Cyrillic, Greek), everything else becomes single hyphens; a name that holds
// nothing of that kind becomes a hash of itself. Text in NFC and NFD gives the same slug; a slug gives itself.
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace lightfast::images {

inline constexpr std::size_t max_slug_bytes = 100;    // longer ones are cut, with a hash of the whole
inline constexpr std::size_t max_name_bytes = 4'096;  // of the text that a slug is made from

// Errc::invalid_request: empty, too long, or not UTF-8.
Result<std::string> make_collection_slug(std::string_view text);

// The same, with a known image extension dropped from the end; one '/' may stand in it, each half is a slug of its own.
// Errc::invalid_request also for more than one '/', or one with nothing on a side.
Result<std::string> make_name_slug(std::string_view text);

}  // namespace lightfast::images
