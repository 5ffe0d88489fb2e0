#include "server/admin/upkeep_commands.h"

#include <boost/json.hpp>

#include "base/json_members.h"
#include "server/admin/check_report.h"
#include "server/lifecycle/cleanup_json.h"

namespace lightfast::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t images_a_part = 500;

}  // namespace

bool UpkeepCommands::knows(const std::string& name) const {
  return name == "cleanup" || name == "fsck" || name == "backup";
}

Task<Result<json::value>> UpkeepCommands::run(std::string name, json::object arguments, Reply& reply) {
  if (name == "cleanup") co_return co_await cleanup(std::move(arguments), reply);
  if (name == "fsck") co_return co_await fsck(std::move(arguments), reply);
  if (name == "backup") co_return co_await backup_.run(std::move(arguments), reply, upkeep_.stopping.get_token());
  co_return Error{Errc::invalid_request, "there is no admin command `" + name + "`"};
}

Task<Result<json::value>> UpkeepCommands::cleanup(json::object arguments, Reply& reply) {
  auto options = lifecycle::cleanup_options(arguments, "command");
  if (!options) co_return options.error();
  const auto each = bool_member(arguments, "each");
  if (!each) co_return each.error();
  const std::stop_token stop = upkeep_.stopping.get_token();
  auto report = co_await upkeep_.workers.run([&] { return upkeep_.cleaner.run(*options, reply.progress, stop); });
  if (!report) co_return report.error();
  for (std::size_t next = 0; *each && next < report->taken.size(); next += images_a_part) {
    auto sent = co_await reply.part(lifecycle::decisions_json(report->taken, next, images_a_part));
    if (!sent) co_return sent.error();
  }
  co_return json::value(lifecycle::cleanup_json(*report, *options));
}

Task<Result<json::value>> UpkeepCommands::fsck(json::object arguments, Reply& reply) {
  auto options = check_options(arguments);
  if (!options) co_return options.error();
  const std::stop_token stop = upkeep_.stopping.get_token();
  auto report = co_await upkeep_.workers.run([&]() -> Result<lifecycle::CheckReport> {
    CheckNotes notes(reply);
    const lifecycle::CheckListener listener = notes.listener();
    auto checked = upkeep_.checker.run(*options, listener, reply.progress, stop);
    auto flushed = notes.flush();
    if (checked && !flushed) return flushed.error();
    return checked;
  });
  if (!report) co_return report.error();
  co_return json::value(check_json(*report, *options));
}

}  // namespace lightfast::admin
