#include "server/proxy/event_stream.h"

#include <algorithm>
#include <functional>

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
  std::size_t end = std::string::npos;
  for (const std::string_view blank : {"\n\n", "\r\n\r\n", "\r\r"}) {
    const auto from = searched_ - std::min<std::size_t>(searched_, 3);
    const auto found = pending_.find(blank, from);
    if (found != std::string::npos) end = std::min(end, found + blank.size());
  }
  if (end == std::string::npos) {
    searched_ = pending_.size();
    if (pending_.size() <= longest_event) return std::nullopt;
    end = pending_.size();
  }
  std::string event = pending_.substr(0, end);
  pending_.erase(0, end);
  searched_ = 0;
  return event;
}

std::string EventSplitter::rest() {
  searched_ = 0;
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
