#include "tests/support/fake_files.h"

#include <algorithm>

namespace lightfast::test {
namespace {

std::string path_of(const std::string& target) {
  return target.substr(0, target.find('?'));
}

std::string type_header(const std::optional<std::string>& content_type) {
  return content_type ? "Content-Type: " + *content_type + "\r\n" : "";
}

std::string chunked(const std::string& body, bool complete) {
  std::string bytes;
  constexpr std::size_t chunk = 16 * 1024;
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    char length[32];
    std::snprintf(length, sizeof length, "%zx\r\n", std::min(chunk, body.size() - at));
    bytes += length + body.substr(at, chunk) + "\r\n";
  }
  return bytes + (complete ? "0\r\n\r\n" : "");
}

ServedAnswer whole_or_cut(const FakeFile& file) {
  const bool complete = !file.cut_at;
  const std::string body = file.bytes.substr(0, file.cut_at.value_or(std::string::npos));
  std::string bytes = "HTTP/1.1 " + std::to_string(file.status) + " X\r\n" + type_header(file.content_type);
  switch (file.framing) {
    case FakeFile::Framing::content_length:
      bytes += "Content-Length: " + std::to_string(file.bytes.size()) + "\r\n\r\n" + body;
      break;
    case FakeFile::Framing::chunked: bytes += "Transfer-Encoding: chunked\r\n\r\n" + chunked(body, complete); break;
    case FakeFile::Framing::end_of_connection: bytes += "Connection: close\r\n\r\n" + body; break;
  }
  const bool ends = !complete || file.framing == FakeFile::Framing::end_of_connection;
  const auto end = file.reset ? ServedAnswer::Then::reset : ServedAnswer::Then::close;
  return {.bytes = bytes,
          .then = ends ? end : ServedAnswer::Then::keep_open,
          .drip_bytes = file.drip_bytes,
          .drip_pause = file.drip_pause};
}

}  // namespace

void FakeFiles::put(const std::string& target, FakeFile file) {
  const std::lock_guard lock(mutex_);
  entries_[target] = {.file = std::move(file), .put_at = std::chrono::steady_clock::now()};
}

void FakeFiles::expire_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [target, entry] : entries_) entry.expired = true;
}

ServedAnswer FakeFiles::refuse(const std::string& target) const {
  const bool path_exists = std::any_of(entries_.begin(), entries_.end(),
                                       [&](const auto& entry) { return path_of(entry.first) == path_of(target); });
  if (path_exists) return test::answer(403, "<Error><Code>AuthenticationFailed</Code></Error>");
  return test::answer(404, R"({"detail":"The requested resource could not be found."})");
}

bool FakeFiles::is_expired(const Entry& entry) {
  const FakeFile& file = entry.file;
  if (entry.expired) return true;
  if (file.expires_after && std::chrono::steady_clock::now() - entry.put_at >= *file.expires_after) return true;
  return file.expires_after_fetches && entry.fetches > file.failing_fetches + *file.expires_after_fetches;
}

ServedAnswer FakeFiles::answer(const ServedRequest& request) {
  const std::lock_guard lock(mutex_);
  ++fetches_;
  saw_authorization_ = saw_authorization_ || request.headers.contains("authorization");
  const auto found = entries_.find(request.target);
  if (found == entries_.end()) return refuse(request.target);
  Entry& entry = found->second;
  const FakeFile& file = entry.file;
  ++entry.fetches;
  if (is_expired(entry)) {
    return test::answer(file.expired_status, file.expired_body, type_header(file.expired_content_type));
  }
  if (entry.fetches <= file.failing_fetches) return test::answer(file.failing_status, "not yet");
  if (file.redirect_to) return test::answer(file.redirect_status, "", "Location: " + *file.redirect_to + "\r\n");
  return whole_or_cut(file);
}

int FakeFiles::fetches(const std::string& target) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(target);
  return found == entries_.end() ? 0 : found->second.fetches;
}

int FakeFiles::fetches() const {
  const std::lock_guard lock(mutex_);
  return fetches_;
}

bool FakeFiles::saw_authorization() const {
  const std::lock_guard lock(mutex_);
  return saw_authorization_;
}

}  // namespace lightfast::test
