#include "server/images/collection_service.h"

#include <charconv>

#include "db/access.h"

namespace lightfast::images {
namespace {

Error no_such_collection() {
  return {Errc::not_found, "there is no such collection"};
}
Error no_such_name() {
  return {Errc::not_found, "there is no image of this name"};
}

// The number of the last version of the page before; 0 for none.
Result<std::uint32_t> version_before(const std::string& after) {
  std::uint32_t version = 0;
  if (after.empty()) return version;
  const auto [end, problem] = std::from_chars(after.data(), after.data() + after.size(), version);
  if (problem != std::errc() || end != after.data() + after.size() || version == 0) {
    return Error{Errc::invalid_request, "`cursor` must be the `next_cursor` of the page before"};
  }
  return version;
}

}  // namespace

CollectionService::CollectionService(db::Database& database, Workers& readers, Logger& log)
    : database_(database), readers_(readers), log_(log) {}

template <class Fn>
Task<std::invoke_result_t<Fn&, const db::Session&>> CollectionService::read(Fn fn) {
  auto found = co_await readers_.run([&] { return db::read(database_, fn); });
  co_return found;
}

Task<Result<db::CollectionPage>> CollectionService::collections(UserId user, PageWanted page) {
  auto found = co_await read(
      [&](const db::Session& session) { return session.collections().collections(user, page.after, page.limit); });
  co_return found;
}

Task<Result<db::NamePage>> CollectionService::names(UserId user, std::string collection, PageWanted page) {
  auto found = co_await read([&](const db::Session& session) -> Result<db::NamePage> {
    auto names = session.collections().names(user, collection, page.after, page.limit);
    if (!names || !names->names.empty()) return names;
    auto summary = session.collections().find(user, collection);  // the end of a list, or no list at all
    if (!summary) return summary.error();
    if (!*summary) return no_such_collection();
    return names;
  });
  co_return found;
}

Task<Result<db::NameSummary>> CollectionService::name(UserId user, db::ImageName name) {
  auto found = co_await read([&](const db::Session& session) -> Result<db::NameSummary> {
    auto summary = session.collections().find_name(user, name);
    if (!summary) return summary.error();
    if (!*summary) return no_such_name();
    return std::move(**summary);
  });
  co_return found;
}

Task<Result<VersionPage>> CollectionService::versions(UserId user, db::ImageName name, PageWanted page) {
  const auto before = version_before(page.after);
  if (!before) co_return before.error();
  auto found = co_await read([&](const db::Session& session) -> Result<VersionPage> {
    auto versions = session.collections().versions(user, name, *before, page.limit);
    if (!versions) return versions.error();
    if (versions->empty()) {
      auto summary = session.collections().find_name(user, name);
      if (!summary) return summary.error();
      if (!*summary) return no_such_name();
    }
    VersionPage shown{std::move(*versions), {}};
    if (shown.versions.size() < page.limit) return shown;
    const std::uint32_t last = shown.versions.back().version;
    auto older = session.collections().versions(user, name, last, 1);
    if (!older) return older.error();
    if (!older->empty()) shown.next = std::to_string(last);
    return shown;
  });
  co_return found;
}

Task<Result<db::ImageRecord>> CollectionService::set_current(UserId user, db::ImageName name, std::uint32_t version) {
  auto current = co_await db::commit(
      database_, [&](db::Session& session) { return session.images().set_current(user, name, version); });
  if (current) {
    log_.info("version made current", {{"user", user.str()},
                                       {"collection", name.collection},
                                       {"name", name.name},
                                       {"version", version},
                                       {"image", current->id.str()}});
  } else if (current.error().code == Errc::not_found) {
    co_return Error{Errc::not_found, "there is no version " + std::to_string(version) +
                                         " of this name; one that was "
                                         "removed must be restored first"};
  }
  co_return current;
}

}  // namespace lightfast::images
