// The data behind slugs, made from the Unicode Character Database: what letters are written as in ASCII, and the
// canonical decompositions that matter to scripts that are not transliterated. Pure functions.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

namespace lightfast::images {

// How a letter outside ASCII is written: lower-case text; "-" for what is no letter; "'" for a sign that is left out.
// One upper-case letter is written in lower case but may change with a mark that follows (see marked_spelling).
std::string_view spelling_of(char32_t code_point);

// What a letter spelled `spelling` becomes with a combining mark: "A" and a diaeresis are "ae". nullopt: no change.
std::optional<std::string_view> marked_spelling(char spelling, char32_t mark);

// The canonical decomposition of a character that is not Latin, Greek or Cyrillic, one step; 0 as the second if none.
std::pair<char32_t, char32_t> decompose(char32_t code_point);

}  // namespace lightfast::images
