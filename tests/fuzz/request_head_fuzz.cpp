// The bytes of a connection, from its first on.
#include <string>

#include "server/http/http_text.h"
#include "server/http/request_head.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast::http;

namespace {

// Counts as naively as a careless proxy would: whatever comes first on a line, up to the colon.
std::size_t count_fields(std::string_view head, std::string_view name) {
  std::size_t count = 0;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size() - 1);
    const std::string_view line = head.substr(0, end);
    if (same_name(trim(line.substr(0, line.find(':'))), name) && line.find(':') != line.npos) ++count;
    head.remove_prefix(end + 1);
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const HeadLimits limits;
  const auto end = find_head_end(bytes);
  if (!end) return 0;
  expect(*end > 0 && *end <= bytes.size(), "a head ends within the bytes");
  expect(find_head_end(bytes.substr(0, *end)) == end, "what follows a head doesn't move its end");

  const std::string_view head = bytes.substr(0, *end);
  const auto framing = check_head(head, limits);
  if (!framing) {
    expect(!framing.error().detail.empty(), "a refusal says why");
    return 0;
  }
  expect(head.size() <= limits.head_bytes, "a head has a limit");
  expect(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == head.size() - 4, "a head ends at its first empty line");
  for (std::size_t i = 0; i < head.size(); ++i) {
    expect(head[i] != '\0', "no NUL");
    expect(head[i] != '\n' || (i > 0 && head[i - 1] == '\r'), "no bare LF");
    expect(head[i] != '\r' || (i + 1 < head.size() && head[i + 1] == '\n'), "no bare CR");
  }
  const std::size_t lengths = count_fields(head, "content-length");
  const std::size_t encodings = count_fields(head, "transfer-encoding");
  expect(lengths + encodings <= 1, "one field at most says where the body ends");
  expect((lengths == 1) == framing->content_length.has_value(), "a length that is there is the one that is used");
  expect((encodings == 1) == framing->chunked, "an encoding that is there is the one that is used");
  expect(!framing->chunked || !framing->is_http_1_0, "HTTP/1.0 knows no chunks");
  const std::size_t hosts = count_fields(head, "host");
  expect(hosts == 1 || (hosts == 0 && framing->is_http_1_0), "there is one Host");
  return 0;
}
