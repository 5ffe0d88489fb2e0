// Replicate's predictions as callers of the drop-in get them: what of an answer is final, what is told as unfinished,
// which links lead back here. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lightfast::proxy::replicate {

enum class Call {
  create,      // a prediction, which costs money
  prediction,  // one that is there; its cancellation too
  list,
  secret,   // that webhooks are signed with
  stream,   // of ours: a prediction's events
  webhook,  // of ours: where the provider reports to a caller
  other,
};

// `path`: behind "/replicate/v1", without the query.
Call call_of(std::string_view method, std::string_view path);

// Whether it concerns nobody but who calls: predictions are known by ids that cannot be guessed. Files are sent, for an
// input, and not read.
bool is_for_one_user(Call call, std::string_view method, std::string_view path);

// Whether the caller asked to be answered when the result is there (`Prefer: wait`).
bool waits(std::string_view prefer);

// What an answer shows: `waited`: of a create that waits, where outputs are whole as soon as there are any; `asked`:
// any other, where they may still grow.
enum class Phase { waited, asked };

// The URLs of images in `output`; none where it may still grow.
std::vector<std::string> final_urls(const boost::json::object& prediction, Phase phase);

// Partial outputs that hold such URLs are withheld, a wait that brought nothing is told as SDKs read it (`starting`),
// and `aborted`, which they don't know for an end, is `canceled`.
void tidy(boost::json::object& prediction, Phase phase);

// It is all there but hosted: the SDK asks again.
void tell_unfinished(boost::json::object& prediction, Phase phase);

// `urls.get` and `urls.cancel`, and a listing's `next` and `previous`.
void move_links(boost::json::object& answer, std::string_view from, std::string_view to);

}  // namespace lightfast::proxy::replicate
