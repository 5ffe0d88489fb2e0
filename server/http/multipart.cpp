#include "server/http/multipart.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "server/http/http_text.h"

namespace lightfast::http {
namespace {

constexpr std::size_t max_header_bytes = 8 * 1024;
constexpr std::size_t max_parts = 1000;
constexpr std::size_t max_boundary = 70;  // RFC 2046 section 5.1.1
constexpr std::size_t max_padding = 64;   // white space behind a boundary
constexpr std::string_view boundary_punctuation = "'()+_,-./:=? ";
constexpr std::string_view blank = " \t";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), to_lower);
  return result;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A header such as Content-Type or Content-Disposition: what stands before the first ';', lower-case, and the
// parameters behind it, their names lower-case.
struct Parameterized {
  std::string value;
  std::map<std::string, std::string, std::less<>> parameters;

  std::optional<std::string> find(std::string_view name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::nullopt : std::optional(found->second);
  }
};

// Takes a quoted string off the front. Browsers send a backslash as it is (C:\a.png), the RFCs have it escape: it does
// so only before a quote or another backslash.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
    value += rest[i];
  }
  return std::nullopt;
}

std::optional<Parameterized> parse_parameterized(std::string_view text) {
  Parameterized result;
  std::size_t semicolon = std::min(text.find(';'), text.size());
  result.value = lower(trim(text.substr(0, semicolon)));
  text.remove_prefix(semicolon);
  while (!text.empty()) {
    text = trim(text.substr(1));  // the semicolon
    if (text.empty()) break;      // one at the end counts for nothing
    if (text.front() == ';') continue;
    const std::size_t equals = text.find_first_of("=;");
    if (equals == text.npos || text[equals] == ';') return std::nullopt;
    const std::string name = lower(trim(text.substr(0, equals)));
    text = trim(text.substr(equals + 1));
    std::string value;
    if (!text.empty() && text.front() == '"') {
      auto quoted = take_quoted(text);
      if (!quoted) return std::nullopt;
      value = std::move(*quoted);
      text = trim(text);
      if (!text.empty() && text.front() != ';') return std::nullopt;
    } else {
      semicolon = std::min(text.find(';'), text.size());
      value = trim(text.substr(0, semicolon));
      text.remove_prefix(semicolon);
    }
    // Given twice, two readers could take either.
    if (name.empty() || !result.parameters.emplace(name, std::move(value)).second) return std::nullopt;
  }
  return result;
}

// UTF-8''na%C3%AFve.png (RFC 8187), which some clients send although RFC 7578 section 4.2 has them not to.
std::optional<std::string> decode_extended(std::string_view text) {
  const std::size_t first = text.find('\'');
  const std::size_t second = first == text.npos ? text.npos : text.find('\'', first + 1);
  if (second == text.npos || lower(text.substr(0, first)) != "utf-8") return std::nullopt;
  auto decoded = percent_decode(text.substr(second + 1));
  if (!decoded || !is_utf8(*decoded)) return std::nullopt;
  return decoded;
}

using Part = MultipartParser::Part;

Error broken(std::string detail) {
  return {Errc::invalid_request, "multipart body: " + std::move(detail)};
}

Result<void> read_disposition(std::string_view value, Part& part) {
  const auto disposition = parse_parameterized(value);
  if (!disposition || disposition->value != "form-data")
    return broken("Content-Disposition must be form-data; name=\"…\"");
  auto name = disposition->find("name");
  if (!name) return broken("Content-Disposition needs one name");
  part.name = std::move(*name);
  part.filename = disposition->find("filename");
  if (const auto extended = disposition->find("filename*"); extended && !part.filename) {
    part.filename = decode_extended(*extended);
    if (!part.filename) return broken("filename* must be UTF-8''… with percent escapes");
  }
  return {};
}

// One "Name: value" line of a part's header block. `seen` holds the lower-case names of those before it.
Result<void> read_field(std::string_view line, std::vector<std::string>& seen, Part& part) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == line.npos) return broken("a part's header line must be \"Name: value\"");
  const std::string name = lower(trim(line.substr(0, colon)));
  const std::string_view value = trim(line.substr(colon + 1));
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) return broken("a part has two " + name + " headers");
  seen.push_back(name);
  if (name == "content-disposition") return read_disposition(value, part);
  if (name == "content-type") part.content_type = value;
  // Deprecated by RFC 7578 section 4.7; what would need decoding must not be stored as it is.
  if (name == "content-transfer-encoding" && !same_name(value, "binary") && !same_name(value, "8bit") &&
      !same_name(value, "7bit")) {
    return broken("Content-Transfer-Encoding must be absent or binary");
  }
  return {};
}

// The header block of a part, each line with its CRLF.
Result<Part> read_part(std::string_view block) {
  if (!has_strict_lines(block) || !is_utf8(block)) {
    return broken("a part's headers must be UTF-8, each on one line, without control characters");
  }
  Part part;
  std::vector<std::string> seen;
  while (!block.empty()) {
    const std::size_t end = block.find("\r\n");
    auto read = read_field(block.substr(0, end), seen, part);
    if (!read) return read.error();
    block.remove_prefix(end + 2);
  }
  if (std::find(seen.begin(), seen.end(), "content-disposition") == seen.end()) {
    return broken("a part needs Content-Disposition: form-data; name=\"…\"");
  }
  return part;
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  const auto parsed = parse_parameterized(content_type);
  if (!parsed || parsed->value != "multipart/form-data") return std::nullopt;
  auto boundary = parsed->find("boundary");
  if (!boundary || boundary->empty() || boundary->size() > max_boundary || boundary->back() == ' ') return std::nullopt;
  const bool allowed = std::all_of(boundary->begin(), boundary->end(), [](char c) {
    return is_alphanumeric(c) || boundary_punctuation.find(c) != boundary_punctuation.npos;
  });
  if (!allowed) return std::nullopt;
  return boundary;
}

MultipartParser::MultipartParser(std::string_view boundary)
    : delimiter_("\r\n--" + std::string(boundary)), buffer_("\r\n") {}

void MultipartParser::feed(std::span<const std::byte> bytes) {
  if (state_ == State::epilogue || state_ == State::failed) return;
  buffer_.erase(0, position_ + data_length_);
  position_ = 0;
  data_length_ = 0;
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void MultipartParser::finish() {
  finished_ = true;
}

std::span<const std::byte> MultipartParser::data() const {
  return std::as_bytes(std::span(buffer_).subspan(position_, data_length_));
}

Result<MultipartParser::Event> MultipartParser::next() {
  position_ += std::exchange(data_length_, 0);
  switch (state_) {
    case State::preamble: return read_preamble();
    case State::boundary_line: return read_boundary_line();
    case State::headers: return read_headers();
    case State::body_start: return read_body_start();
    case State::body: return read_body();
    case State::epilogue: return Event::end;
    case State::failed: return error_;
  }
  return error_;
}

Result<MultipartParser::Event> MultipartParser::fail(Error error) {
  state_ = State::failed;
  error_ = std::move(error);
  return error_;
}

Result<MultipartParser::Event> MultipartParser::more_wanted() {
  if (finished_) return fail(broken("it ends before its closing boundary"));
  return Event::need_more;
}

// Whatever stands before the first boundary is to be ignored (RFC 2046 section 5.1.1).
Result<MultipartParser::Event> MultipartParser::read_preamble() {
  const std::size_t found = unread().find(delimiter_);
  if (found == std::string::npos) {
    position_ = std::max(position_, buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1));
    return more_wanted();
  }
  position_ += found + delimiter_.size();
  state_ = State::boundary_line;
  return read_boundary_line();
}

// Behind a boundary stands "--" at the end of all, else white space and CRLF.
Result<MultipartParser::Event> MultipartParser::read_boundary_line() {
  const std::string_view rest = unread();
  if (rest.starts_with("--")) {
    state_ = State::epilogue;
    return Event::end;
  }
  const std::size_t padding = std::min(rest.find_first_not_of(blank), rest.size());
  const std::string_view line_end = rest.substr(padding, 2);
  const bool could_close = rest.empty() || rest == "-";
  const bool could_end = padding <= max_padding && (line_end.empty() || line_end == "\r");
  if (line_end != "\r\n" || padding > max_padding) {
    if (could_close || could_end) return more_wanted();
    return fail(broken("a boundary must stand alone on its line"));
  }
  if (++parts_ > max_parts) return fail(broken("it has more than " + std::to_string(max_parts) + " parts"));
  // The CRLF stays: a block without a header is then CRLF CRLF, and every block ends the same way.
  position_ += padding;
  state_ = State::headers;
  return read_headers();
}

Result<MultipartParser::Event> MultipartParser::read_headers() {
  const std::size_t end = unread().substr(0, max_header_bytes).find("\r\n\r\n");
  if (end == std::string::npos) {
    if (unread().size() < max_header_bytes) return more_wanted();
    return fail(broken("a part's headers are longer than " + std::to_string(max_header_bytes) + " bytes"));
  }
  auto part = read_part(unread().substr(2, end));
  if (!part) return fail(part.error());
  part_ = std::move(*part);
  position_ += end + 2;
  state_ = State::body_start;
  return Event::part_begin;
}

// The empty line behind the headers may already be the line end that begins the next boundary: a part without a body
// (RFC 2046 section 5.1.1, body-part).
Result<MultipartParser::Event> MultipartParser::read_body_start() {
  if (unread().size() < delimiter_.size() && delimiter_.starts_with(unread())) return more_wanted();
  if (!unread().starts_with(delimiter_)) position_ += 2;
  state_ = State::body;
  return read_body();
}

Result<MultipartParser::Event> MultipartParser::read_body() {
  const std::size_t found = unread().find(delimiter_);
  if (found == 0) {
    position_ += delimiter_.size();
    state_ = State::boundary_line;
    return Event::part_end;
  }
  // The last bytes may be the beginning of a boundary; what stands before them is data for certain.
  const std::size_t held_back = std::min(unread().size(), delimiter_.size() - 1);
  data_length_ = found == std::string::npos ? unread().size() - held_back : found;
  if (data_length_ == 0) return more_wanted();
  return Event::data;
}

}  // namespace lightfast::http
