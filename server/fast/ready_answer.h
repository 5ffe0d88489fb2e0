// Everything that is sent for one public image, made once from the full parser's own answer: headers without their
// Date, a small body behind its header, an open file for a large one. Immutable but for two things: it can be
// withdrawn, for ever, and it counts how often it was sent (AccessCounts). Shared by the cores: any thread.
//
// All text lies in one piece, and what every request needs in the first 64 bytes: with many answers each further place
// is another wait for memory.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/id.h"
#include "base/unique_fd.h"
#include "server/http/representation.h"
#include "storage/file_stamp.h"
#include "storage/storage.h"

namespace lightfast::fast {

class ReadyAnswer {
 public:
  // An image as the full parser has just answered it: its file is open, and has the bytes that were proven for `stamp`.
  struct Source {
    ImageId id;
    UserId user;
    std::string extension;
    Sha256Digest sha256;
    storage::BlobStamp stamp;
    const http::Representation& representation;
    const http::Headers& headers;
  };

  // Holds a body of up to `body_max_bytes` in memory, proven by its hash. Null where the file is not what `source`
  // says.
  static std::unique_ptr<ReadyAnswer> make(const Source& source, std::uint64_t body_max_bytes);

  const ImageId& id() const { return id_; }
  // Where it is: what a URL has behind /v1/images/hosted/, as it is handed out.
  std::string_view path() const { return text(0, path_size_); }
  // Whether a path of these parts, not decoded, is this image's too: the user as he is called, or no extension.
  bool is_also_at(std::string_view user, std::string_view id, std::string_view extension) const;

  // Header fields from behind Date, with the blank line at the end, and behind that of a 200 a body in memory.
  std::string_view not_modified_head() const { return text(path_size_, not_modified_size_); }
  std::string_view whole_head() const { return text(whole_at(), whole_size_); }
  std::string_view partial_head() const { return text(whole_at(), common_size_); }  // of a 206, but for its lengths
  std::string_view body() const { return text(whole_at() + whole_size_, is_in_memory_ ? stamp_.size_bytes : 0); }
  bool is_in_memory() const { return is_in_memory_; }

  std::string_view etag() const { return not_modified_head().substr(etag_at_, etag_size); }
  std::string_view last_modified() const { return not_modified_head().substr(last_modified_at_, http_date_size); }
  std::uint64_t size_bytes() const { return stamp_.size_bytes; }
  const std::shared_ptr<const UniqueFd>& file() const { return file_; }

  // Whether it may be sent now: not withdrawn, and the file is still the one whose bytes were proven.
  bool is_good() const { return !is_withdrawn() && storage::FileStamp::of(fd_) == stamp_; }
  bool is_withdrawn() const { return withdrawn_.load(std::memory_order_acquire); }
  void withdraw() { withdrawn_.store(true, std::memory_order_release); }

 private:
  friend class AccessCounts;
  static constexpr std::size_t etag_size = 66;  // SHA-256 in hex, in quotes
  static constexpr std::size_t http_date_size = 29;

  ReadyAnswer(const Source& source, const storage::FileStamp& stamp);
  bool load_body(const Sha256Digest& proven);
  std::string_view text(std::size_t at, std::size_t size) const { return {text_.data() + at, size}; }
  std::size_t whole_at() const { return path_size_ + not_modified_size_; }

  std::string text_;  // path, head of the 304, head of the 200, body
  std::uint16_t path_size_ = 0;
  std::uint16_t not_modified_size_ = 0;
  std::uint16_t whole_size_ = 0;
  std::uint16_t common_size_ = 0;
  std::uint16_t etag_at_ = 0;
  std::uint16_t last_modified_at_ = 0;
  std::atomic<bool> withdrawn_ = false;
  bool is_in_memory_ = false;
  int fd_;
  const storage::FileStamp stamp_;

  std::atomic<std::uint64_t> accesses_ = 0;
  std::atomic<std::uint64_t> accessed_bytes_ = 0;
  std::shared_ptr<ReadyAnswer> self_;  // while it waits to be gathered
  ReadyAnswer* next_ = nullptr;

  const std::shared_ptr<const UniqueFd> file_;
  const ImageId id_;
  const std::string user_;
  const std::string extension_;
};

}  // namespace lightfast::fast
