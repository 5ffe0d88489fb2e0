#include "server/images/eraser.h"

#include "db/access.h"

namespace lightfast::images {

Result<Eraser::Outcome> Eraser::erase(const std::vector<ImageId>& ids, const Wanted& wanted,
                                      const std::stop_token& stop) {
  auto marked = mark(ids, wanted);
  if (!marked) return marked.error();
  if (marked->empty()) return Outcome();
  const auto pass = gate_.enter(stop);
  return pass ? unlink_and_drop(*marked) : Outcome{.marked = marked->size()};
}

Result<Eraser::Outcome> Eraser::erase_unless_held(const std::vector<ImageId>& ids, const Wanted& wanted) {
  auto marked = mark(ids, wanted);
  if (!marked) return marked.error();
  const auto pass = gate_.try_enter();
  return pass ? unlink_and_drop(*marked) : Outcome{.marked = marked->size()};
}

Result<std::vector<Eraser::Marked>> Eraser::mark(const std::vector<ImageId>& ids, const Wanted& wanted) {
  const Timestamp now = clock_.now();
  return db::commit_blocking(database_, [&](db::Session& session) -> Result<std::vector<Marked>> {
    std::vector<Marked> marked;
    for (const auto& id : ids) {
      auto image = session.images().find(id);
      if (!image) return image.error();
      if (!*image || !wanted(**image)) continue;
      auto begun = session.images().begin_purge(id, now);
      if (!begun) return begun.error();
      marked.push_back({id, {begun->file_key}});
    }
    return marked;
  });
}

Result<Eraser::Outcome> Eraser::unlink_and_drop(const std::vector<Marked>& marked) {
  Outcome outcome{.marked = marked.size()};
  for (const auto& image : marked) {
    auto unlinked = storage_.remove(image.file);
    if (unlinked || unlinked.error().code == Errc::not_found) {
      outcome.erased.push_back(image.id);
      continue;
    }
    if (outcome.failures++ == 0) outcome.failure = unlinked.error().detail;
  }
  auto dropped = db::commit_blocking(database_, [&](db::Session& session) -> Result<void> {
    for (const auto& id : outcome.erased) {
      auto purged = session.images().purge(id);
      if (!purged && purged.error().code != Errc::not_found) return purged;
    }
    return {};
  });
  if (!dropped) return dropped.error();
  return outcome;
}

}  // namespace lightfast::images
