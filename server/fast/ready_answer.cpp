#include "server/fast/ready_answer.h"

#include <unistd.h>

#include <cerrno>
#include <limits>
#include <stdexcept>

#include "base/encoding.h"
#include "server/http/response_head.h"

namespace lightfast::fast {
namespace {

// What the full parser would send, from behind its Date.
std::string head_of(const http::Response& response) {
  const auto head = http::make_head(response, {.date = {}, .request_id = {}});
  constexpr std::string_view date = "\r\nDate: \r\n";
  return head.substr(head.find(date) + date.size());
}

http::Request plain_get() {
  http::Request request;
  request.method = http::Method::get;
  return request;
}

std::uint16_t small(std::size_t size) {
  if (size > std::numeric_limits<std::uint16_t>::max()) throw std::length_error("a head of more than 64 KB");
  return static_cast<std::uint16_t>(size);
}

bool read_whole(int file, std::span<char> bytes) {
  off_t offset = 0;
  while (!bytes.empty()) {
    const auto count = ::pread(file, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    offset += count;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

std::unique_ptr<ReadyAnswer> ReadyAnswer::make(const Source& source, std::uint64_t body_max_bytes) {
  const auto stamp = storage::FileStamp::of(source.representation.file->get());
  const bool is_proven = stamp && stamp->text() == source.stamp.text;
  if (!is_proven || stamp->size_bytes == 0) return nullptr;
  std::unique_ptr<ReadyAnswer> answer(new ReadyAnswer(source, *stamp));
  if (stamp->size_bytes <= body_max_bytes && !answer->load_body(source.sha256)) return nullptr;
  return answer;
}

ReadyAnswer::ReadyAnswer(const Source& source, const storage::FileStamp& stamp)
    : fd_(source.representation.file->get()),
      stamp_(stamp),
      file_(source.representation.file),
      id_(source.id),
      user_(source.user.str()),
      extension_(source.extension) {
  const auto path = percent_encode(user_) + "/" + id_.str() + "." + extension_;
  auto request = plain_get();
  const auto whole = head_of(http::respond_with(request, source.representation, source.headers));
  request.headers.set("If-None-Match", source.representation.etag);
  const auto not_modified = head_of(http::respond_with(request, source.representation, source.headers));
  text_ = path + not_modified + whole;
  path_size_ = small(path.size());
  not_modified_size_ = small(not_modified.size());
  whole_size_ = small(whole.size());
  common_size_ = small(whole.find("Content-Length: "));  // which stands last, behind a 206's Content-Range
  etag_at_ = small(not_modified.find("ETag: ") + 6);
  last_modified_at_ = small(not_modified.find("Last-Modified: ") + 15);
}

bool ReadyAnswer::load_body(const Sha256Digest& proven) {
  const auto body_at = text_.size();
  text_.resize(body_at + stamp_.size_bytes);
  is_in_memory_ = true;
  return read_whole(fd_, std::span(text_).subspan(body_at)) && sha256(body()) == proven;
}

bool ReadyAnswer::is_also_at(std::string_view user, std::string_view id, std::string_view extension) const {
  return id == id_.str() && (user == user_ || user == percent_encode(user_)) &&
         (extension.empty() || extension == extension_);
}

}  // namespace lightfast::fast
