#include "base/id.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace lightfast {
namespace {

constexpr std::size_t user_id_limit = 128;
constexpr std::string_view user_id_signs = "_.@:|+=~-";
constexpr std::array<std::string_view, 5> reserved_user_ids = {"hosted", "generate", "import", "upload", "sign"};

constexpr std::string_view image_prefix = "img_";
constexpr std::string_view crockford = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t time_digits = 10;    // 48 bits in fives, the first digit holding three
constexpr std::size_t random_digits = 16;  // 80 bits
constexpr std::uint64_t time_mask = (std::uint64_t{1} << 48) - 1;

bool is_user_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         user_id_signs.find(c) != std::string_view::npos;
}

bool is_ulid(std::string_view text) {
  return text.size() == time_digits + random_digits && text.front() <= '7' &&
         text.find_first_not_of(crockford) == std::string_view::npos;
}

std::string make_ulid(Timestamp now) {
  std::string ulid(time_digits + random_digits, '0');
  auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 0)) & time_mask;
  for (std::size_t digit = time_digits; digit-- > 0; time >>= 5) ulid[digit] = crockford[time & 31];

  // Ten bytes hold 80 bits; drawing one byte a digit and using five bits of it is simpler and just as random.
  const std::string random = random_bytes(random_digits);
  for (std::size_t digit = 0; digit < random_digits; ++digit) {
    ulid[time_digits + digit] = crockford[static_cast<unsigned char>(random[digit]) & 31];
  }
  return ulid;
}

}  // namespace

Result<UserId> UserId::parse(std::string_view text) {
  const bool well_formed = !text.empty() && text.size() <= user_id_limit && text.front() != '.' &&
                           text.front() != '-' && std::all_of(text.begin(), text.end(), is_user_id_char);
  if (!well_formed) {
    return Error{Errc::invalid_user_id,
                 "a user id is 1 to 128 characters of A-Z a-z 0-9 _ . @ : | + = ~ - and does not start with . or -"};
  }
  if (std::find(reserved_user_ids.begin(), reserved_user_ids.end(), text) != reserved_user_ids.end()) {
    return Error{Errc::invalid_user_id,
                 "the user id '" + std::string(text) +
                     "' is a word of our own paths; hosted, generate, import, upload and sign are not allowed"};
  }
  return UserId(std::string(text));
}

Result<ImageId> ImageId::parse(std::string_view text) {
  if (!text.starts_with(image_prefix) || !is_ulid(text.substr(image_prefix.size()))) {
    return Error{Errc::not_found, "no such image"};
  }
  return ImageId(std::string(text));
}

Timestamp ImageId::made_at() const {
  std::int64_t time = 0;
  for (const char digit : std::string_view(text_).substr(image_prefix.size(), time_digits)) {
    time = time * 32 + static_cast<std::int64_t>(crockford.find(digit));
  }
  return Timestamp(std::chrono::milliseconds(time));
}

ImageId IdGenerator::next_image_id() const {
  return ImageId(next(image_prefix));
}

std::string IdGenerator::next(std::string_view prefix) const {
  return std::string(prefix) + make_ulid(clock_.now());
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t filled = 0; filled < count;) {
    const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
    if (got < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace lightfast
