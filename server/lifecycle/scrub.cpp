#include "server/lifecycle/scrub.h"

#include "db/access.h"

namespace lightfast::lifecycle {
namespace {
constexpr std::uint32_t page_size = 100;
constexpr std::chrono::seconds note_pause{1};  // what was found whole is noted together, not one by one
}  // namespace

Result<void> Scrub::run(const images::OnRead& pace, const std::stop_token& stop) {
  const Timestamp before = clock_.now() - interval;
  std::optional<db::StoredFile> last;
  while (!stop.stop_requested()) {
    auto page = db::read(database_, [&](const db::Session& session) {
      return session.stored_files().unverified_since(before, last, page_size);
    });
    if (!page) return page.error();
    if (page->empty()) break;
    if (!look_at_all(*page, pace, stop)) return {};
    last = std::move(page->back());
  }
  return {};
}

bool Scrub::look_at_all(const std::vector<db::StoredFile>& files, const images::OnRead& pace,
                        const std::stop_token& stop) {
  std::vector<images::Mender::WholeFile> whole;
  SteadyTime noted = clock_.steady_now();
  const auto note = [&] {
    if (!whole.empty()) mender_.note_whole(std::exchange(whole, {}));
    noted = clock_.steady_now();
  };
  bool goes_on = true;
  for (auto file = files.begin(); goes_on && file != files.end(); ++file) {
    goes_on = !stop.stop_requested() && look_at(*file, pace, whole);
    if (clock_.steady_now() - noted >= note_pause) note();
  }
  note();
  return goes_on;
}

bool Scrub::look_at(const db::StoredFile& file, const images::OnRead& pace,
                    std::vector<images::Mender::WholeFile>& whole) {
  const images::ExpectedFile expected = images::expected_file(file);
  auto blob = storage_.open({file.file_key});
  if (!blob && blob.error().code == Errc::not_found) {
    mender_.note_missing(expected);
    return true;
  }
  if (!blob) return tell_unreadable(file, blob.error());
  images::read_from_disk(*blob);
  auto state = images::compare(*blob, expected, pace);
  if (!state) return tell_unreadable(file, state.error());
  if (*state == images::FileState::unfinished) return false;
  if (*state == images::FileState::whole) {
    whole.push_back({file.id, blob->info.stamp});
  } else {
    mender_.set_aside(expected, blob->info.stamp);
  }
  return true;
}

// It may be readable the next time; others are looked at all the same.
bool Scrub::tell_unreadable(const db::StoredFile& file, const Error& error) {
  log_.error("an image's file cannot be read", {{"file", file.file_key}, {"reason", explain(error)}});
  return true;
}

}  // namespace lightfast::lifecycle
