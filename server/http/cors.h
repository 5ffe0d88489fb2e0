// Whose pages' scripts may call: every page where a route is open to all, else those of the origins that are listed
// (https://fetch.spec.whatwg.org/#http-cors-protocol). Keys come in Authorization, which a script sets by itself: so
// credentials of the browser's own are never asked for, and "*" is safe. Immutable: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"

namespace lightfast::http {

class Cors {
 public:
  Cors() = default;                                // no page may call what is not open to all
  explicit Cors(std::vector<std::string> origins)  // "https://app.example.com"; "*" is every one
      : origins_(std::move(origins)) {}

  // The header fields that scripts may send and read: this server's own, or also what another server's clients use.
  enum class Fields { ours, any };

  // What an answer to `request` says of itself; errors too, or a script sees nothing but "failed".
  void describe(const Headers& request, bool is_open, Headers& answer, Fields fields = Fields::ours) const;
  // The same of an answer to OPTIONS; `methods` are those that a page may use.
  void answer_preflight(const Headers& request, bool is_open, std::string_view methods, Headers& answer,
                        Fields fields = Fields::ours) const;

  static bool is_origin(std::string_view text);  // in lower case and without a path, as browsers send it

 private:
  std::optional<std::string> allowed_origin(const Headers& request, bool is_open, Headers& answer) const;

  std::vector<std::string> origins_;
};

}  // namespace lightfast::http
