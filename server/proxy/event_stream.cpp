#include "server/proxy/event_stream.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace lightfast::proxy {
namespace {

// The lines with their ends (LF, CR LF or CR; https://html.spec.whatwg.org/#event-stream-interpretation).
void each_line(std::string_view event, const std::function<void(std::string_view line, std::string_view end)>& visit) {
  while (!event.empty()) {
    const auto at = std::min(event.find_first_of("\r\n"), event.size());
    const std::size_t length = event.substr(at, 2) == "\r\n" ? 2 : std::min<std::size_t>(1, event.size() - at);
    visit(event.substr(0, at), event.substr(at, length));
    event.remove_prefix(at + length);
  }
}

// What stands behind "name:", without the one blank that may begin it.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  if (line.empty()) return line;
  if (line.front() != ':') return std::nullopt;
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

}  // namespace

std::optional<std::string> EventSplitter::next() {
  auto end = find_end();
  if (!end && pending_.size() - begin_ > longest_event) end = pending_.size();
  if (!end) return std::nullopt;
  if (begin_ == 0 && *end == pending_.size()) return rest();  // a large one seldom has another behind it
  std::string event = pending_.substr(begin_, *end - begin_);
  begin_ = searched_ = *end;
  return event;
}

std::optional<std::size_t> EventSplitter::find_end() {
  const std::string_view pending = pending_;
  const auto is_end_of_line = [](char c) { return c == '\n' || c == '\r'; };
  for (;; ++searched_) {
    const auto found =
        std::find_if(pending.begin() + static_cast<std::ptrdiff_t>(searched_), pending.end(), is_end_of_line);
    searched_ = static_cast<std::size_t>(found - pending.begin());
    const auto here = pending.substr(searched_);
    for (const std::string_view blank : {"\n\n", "\r\n\r\n", "\r\r"}) {
      if (here.starts_with(blank)) return searched_ + blank.size();
      if (blank.starts_with(here)) return std::nullopt;  // it may still become one
    }
  }
}

void EventSplitter::feed(std::string_view bytes) {
  pending_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  pending_ += bytes;
}

std::string EventSplitter::rest() {
  pending_.erase(0, begin_);
  begin_ = searched_ = 0;
  return std::exchange(pending_, {});
}

std::string event_type(std::string_view event) {
  std::string type;
  each_line(event, [&](std::string_view line, std::string_view) {
    if (const auto value = value_of(line, "event")) type = *value;
  });
  return type.empty() ? "message" : type;
}

std::string event_data(std::string_view event) {
  std::string data;
  bool is_first = true;
  each_line(event, [&](std::string_view line, std::string_view) {
    const auto value = value_of(line, "data");
    if (!value) return;
    if (!is_first) data += '\n';
    data += *value;
    is_first = false;
  });
  return data;
}

std::string with_data(std::string_view event, std::string_view data) {
  std::string changed;
  changed.reserve(event.size() + data.size());
  bool is_written = false;
  each_line(event, [&](std::string_view line, std::string_view end) {
    if (!value_of(line, "data")) {
      changed.append(line).append(end);
    } else if (!is_written) {
      changed.append("data: ").append(data).append(end);
      is_written = true;
    }
  });
  return changed;
}

}  // namespace lightfast::proxy
