// Files at a provider's delivery host, with everything that goes wrong there: late, expired, redirected, cut short,
// dripping, mislabelled. Part of a fake provider, which hands it the requests. Any thread.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/loopback_server.h"

namespace lightfast::test {

struct FakeFile {
  std::string bytes;
  std::optional<std::string> content_type = "image/png";  // nullopt: no such header
  int status = 200;

  // The first so many fetches fail.
  int failing_fetches = 0;
  int failing_status = 404;

  // Afterwards, or after so many good fetches, it is gone.
  std::optional<std::chrono::milliseconds> expires_after = {};
  std::optional<int> expires_after_fetches = {};
  int expired_status = 404;
  std::string expired_body = R"({"detail":"The requested resource could not be found."})";
  std::string expired_content_type = "application/json";

  std::optional<std::string> redirect_to = {};
  int redirect_status = 302;

  // Cut short after so many bytes of the body. Framed by Content-Length or chunked the client can tell; by the end of
  // the connection it cannot.
  std::optional<std::size_t> cut_at = {};
  enum class Framing { content_length, chunked, end_of_connection } framing = Framing::content_length;
  bool reset = false;  // instead of a clean end, where it is cut

  std::size_t drip_bytes = 0;
  std::chrono::milliseconds drip_pause{0};
};

class FakeFiles {
 public:
  // `target` is matched byte for byte, query included: whoever re-encodes its query gets 403, as at a signing host.
  void put(const std::string& target, FakeFile file);
  void expire_all();

  ServedAnswer answer(const ServedRequest& request);

  int fetches(const std::string& target) const;
  int fetches() const;             // of all files, failed ones included
  bool saw_authorization() const;  // a credential was sent to the delivery host

 private:
  struct Entry {
    FakeFile file;
    std::chrono::steady_clock::time_point put_at;
    int fetches = 0;
    bool expired = false;
  };
  static bool is_expired(const Entry& entry);
  ServedAnswer refuse(const std::string& target) const;

  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // by target
  int fetches_ = 0;
  bool saw_authorization_ = false;
};

}  // namespace lightfast::test
