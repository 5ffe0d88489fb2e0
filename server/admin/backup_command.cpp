#include "server/admin/backup_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>

#include "base/json_members.h"

namespace lightfast::admin {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

json::value report_json(const lifecycle::BackupReport& report) {
  json::array lost;
  for (const auto& file : report.lost_files) {
    lost.push_back({{"id", file.id.str()}, {"user_id", file.user.str()}, {"reason", file.reason}});
  }
  return {{"started_at", to_iso8601(report.started_at)},
          {"finished_at", to_iso8601(report.finished_at)},
          {"images", report.images},
          {"bytes", report.bytes},
          {"copied", report.copied},
          {"copied_bytes", report.copied_bytes},
          {"removed", report.removed},
          {"database_bytes", report.database_bytes},
          {"lost", report.lost},
          {"lost_images", std::move(lost)}};
}

// A server in another container has another folder of that name, or none: its backup would be lost there.
Result<void> require_same_folder(const json::object& arguments) {
  const auto* seen = arguments.if_contains("seen");
  if (seen == nullptr || !seen->is_object()) return wrong_member("seen", "what the caller sees at the folder");
  const json::object& there = seen->as_object();
  const fs::path path(std::string_view(there.at("path").as_string()));
  struct stat status {};
  const bool is_same = ::stat(path.c_str(), &status) == 0 &&
                       status.st_dev == there.at("device").to_number<std::uint64_t>() &&
                       status.st_ino == there.at("inode").to_number<std::uint64_t>();
  if (is_same) return {};
  return Error{Errc::conflict, "the running server sees another " + path.string() +
                                   " than you, as in a container: name a folder that both see, or let it stream "
                                   "(`lightfast backup - >backup.tar`)"};
}

// The server may be somebody else than who asked.
Error with_user(Error error) {
  const bool is_denied = error.cause.find(std::strerror(EACCES)) != std::string::npos;
  if (is_denied) error.cause += "; the server writes there, as user " + std::to_string(::geteuid());
  return error;
}

}  // namespace

Task<Result<json::value>> BackupCommand::run(json::object arguments, Reply& reply, std::stop_token stop) {
  auto is_stream = bool_member(arguments, "stream");
  if (!is_stream) co_return is_stream.error();
  auto report = co_await workers_.run([&] {
    return *is_stream ? backup_.stream([&](auto bytes) { return reply.write(bytes); }, reply.progress, stop)
                      : into_folder(arguments, reply, stop);
  });
  if (!report) co_return report.error();
  co_return report_json(*report);
}

Result<lifecycle::BackupReport> BackupCommand::into_folder(const json::object& arguments, Reply& reply,
                                                           const std::stop_token& stop) {
  const auto folder = string_member(arguments, "folder");
  if (!folder) return folder.error();
  if (!*folder || !fs::path(**folder).is_absolute()) return wrong_member("folder", "an absolute path");
  if (auto same = require_same_folder(arguments); !same) return same.error();
  const auto reads_all = bool_member(arguments, "verify_hashes");
  if (!reads_all) return reads_all.error();
  const lifecycle::BackupOptions options{**folder, *reads_all ? lifecycle::Trust::hashes : lifecycle::Trust::sizes};
  auto report = backup_.into(options, reply.progress, stop);
  if (!report) return with_user(report.error());
  return report;
}

Result<json::object> backup_arguments(const fs::path& folder) {
  for (fs::path path = folder;; path = path.parent_path()) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
      const json::object seen{{"path", path.string()}, {"device", status.st_dev}, {"inode", status.st_ino}};
      return json::object{{"folder", folder.string()}, {"seen", seen}};
    }
    if (errno != ENOENT || path == path.parent_path()) return system_error(errno, "looking at " + path.string());
  }
}

}  // namespace lightfast::admin
