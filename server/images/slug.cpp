#include "server/images/slug.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "server/images/slug_tables.h"

namespace lightfast::images {
namespace {

constexpr std::size_t cut_hash_digits = 12;
constexpr std::size_t whole_hash_digits = 16;

// Takes the first code point off well-formed UTF-8.
char32_t take_code_point(std::string_view& text) {
  const std::size_t length = utf8_sequence_length(text);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  char32_t code_point = length == 1 ? byte(0) : byte(0) & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) code_point = code_point << 6 | (byte(i) & 0x3f);
  text.remove_prefix(length);
  return code_point;
}

bool is_combining_mark(char32_t c) {
  return (c >= 0x0300 && c <= 0x036f) || (c >= 0x0483 && c <= 0x0489) || (c >= 0x1ab0 && c <= 0x1aff) ||
         (c >= 0x1dc0 && c <= 0x1dff) || (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe20 && c <= 0xfe2f);
}

// Soft hyphen, joiners, byte order mark, variation selectors: nobody sees them, nobody would type them again.
bool is_invisible(char32_t c) {
  return c == 0x00ad || (c >= 0x200b && c <= 0x200d) || c == 0x2060 || c == 0xfeff || (c >= 0xfe00 && c <= 0xfe0f) ||
         (c >= 0xe0100 && c <= 0xe01ef);
}

char32_t narrowed(char32_t c) {
  return c >= 0xff01 && c <= 0xff5e ? c - 0xff01 + '!' : c;
}  // fullwidth ASCII
bool is_greek(char32_t c) {
  return (c >= 0x0370 && c <= 0x03ff) || (c >= 0x1f00 && c <= 0x1fff);
}

// Writes one code point after the other, remembering what the last letter may still become.
class Writer {
 public:
  void put(char32_t c) {
    if (is_combining_mark(c)) return mark(c);
    if (is_invisible(c)) return;
    c = narrowed(c);
    if (c < 0x80) return put_ascii(static_cast<char>(c));
    put_spelling(spelling_of(c), is_greek(c));
  }

  std::string finish() {
    while (!out_.empty() && out_.back() == '-') out_.pop_back();
    return std::move(out_);
  }

 private:
  void put_ascii(char c) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == 'a' || c == 'o' || c == 'u') {
      const char spelling = static_cast<char>(c - 'a' + 'A');
      return put_spelling({&spelling, 1}, false);
    }
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    put_spelling(is_kept ? std::string_view(&c, 1) : "-", false);
  }

  void put_spelling(std::string_view spelling, bool greek) {
    changeable_ = '\0';
    if (spelling == "'") return;
    if (spelling == "-") {
      if (!out_.empty() && out_.back() != '-') out_ += '-';
      greek_vowel_ = false;
      return;
    }
    changed_at_ = out_.size();
    if (spelling.size() == 1 && spelling[0] >= 'A' && spelling[0] <= 'Z') {
      changeable_ = spelling[0];
      // ου, αυ, ευ are ou, au, eu.
      out_ += changeable_ == 'Y' && greek_vowel_ ? 'u' : static_cast<char>(changeable_ - 'A' + 'a');
    } else {
      out_ += spelling;
    }
    greek_vowel_ = greek && (out_.back() == 'a' || out_.back() == 'e' || out_.back() == 'o');
  }

  void mark(char32_t c) {
    const auto becomes = marked_spelling(changeable_, c);
    if (!becomes) return;
    out_.resize(changed_at_);
    out_ += *becomes;
    changeable_ = '\0';
  }

  std::string out_;
  std::size_t changed_at_ = 0;
  char changeable_ = '\0';
  bool greek_vowel_ = false;
};

std::string hash_digits(std::string_view text, std::size_t count) {
  return sha256(text).hex().substr(0, count);
}

void append_decomposed(char32_t c, std::u32string& out) {
  const auto [base, mark] = decompose(c);
  if (mark == 0) {
    out += base;
  } else {
    append_decomposed(base, out);
    out += mark;
  }
}

// The same for text in NFC and NFD.
std::string stable_hash(std::string_view text) {
  std::u32string code_points;
  while (!text.empty()) append_decomposed(take_code_point(text), code_points);
  std::string key;
  for (const char32_t c : code_points) {
    for (const int shift : {16, 8, 0}) key += static_cast<char>(c >> shift & 0xff);
  }
  return hash_digits(key, whole_hash_digits);
}

std::string slug_of(std::string_view text) {
  Writer writer;
  for (std::string_view rest = text; !rest.empty();) writer.put(take_code_point(rest));
  std::string slug = writer.finish();
  if (slug.empty()) return stable_hash(text);
  if (slug.size() <= max_slug_bytes) return slug;
  const std::string hash = hash_digits(slug, cut_hash_digits);
  slug.resize(max_slug_bytes - cut_hash_digits - 1);
  while (slug.back() == '-') slug.pop_back();
  return slug + "-" + hash;
}

std::string_view without_image_extension(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return name;
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const char* known :
       {"png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "avif", "heic", "heif", "tif", "tiff", "bmp", "svg"}) {
    if (extension == known) return name.substr(0, dot);
  }
  return name;
}

Result<void> check(std::string_view text, const char* what) {
  const auto refuse = [&](const char* why) { return Error{Errc::invalid_request, std::string(what) + " " + why}; };
  if (text.empty()) return refuse("must not be empty");
  if (text.size() > max_name_bytes) return refuse("must not be longer than 4096 bytes");
  if (!is_utf8(text)) return refuse("must be UTF-8");
  return {};
}

}  // namespace

Result<std::string> make_collection_slug(std::string_view text) {
  if (const auto checked = check(text, "collection"); !checked) return checked.error();
  return slug_of(text);
}

Result<std::string> make_name_slug(std::string_view text) {
  if (const auto checked = check(text, "name"); !checked) return checked.error();
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return slug_of(without_image_extension(text));
  const std::string_view first = text.substr(0, slash);
  const std::string_view second = text.substr(slash + 1);
  if (first.empty() || second.empty() || second.find('/') != std::string_view::npos) {
    return Error{Errc::invalid_request, "name may hold one '/', with something on either side"};
  }
  return slug_of(first) + "/" + slug_of(without_image_extension(second));
}

}  // namespace lightfast::images
