// What administrators ask of a running server through its socket, and the same without one: JSON in, JSON out.
// Any thread; it must outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/task.h"
#include "server/admin/import_command.h"
#include "server/admin/key_commands.h"
#include "server/admin/stats_command.h"
#include "server/admin/upkeep_commands.h"
#include "server/images/image_service.h"
#include "server/images/image_urls.h"
#include "server/images/signed_urls.h"

namespace lightfast::admin {

class AdminCommands {
 public:
  AdminCommands(images::ImageService& images, const images::ImageUrls& urls, const images::RetentionRule& rule,
                UpkeepCommands& upkeep, ImportCommand& importing, KeyCommands& keys, images::SignedUrls& signed_urls,
                StatsCommand& stats);

  // `list`, `remove`, `restore`, `stats`, `import`, `sign`, or one of UpkeepCommands' or KeyCommands';
  // Errc::invalid_request for another name or wrong arguments.
  Task<Result<boost::json::value>> run(std::string name, boost::json::object arguments, Reply& reply);

 private:
  Task<Result<boost::json::value>> list(boost::json::object arguments);
  Task<Result<boost::json::value>> change_each(std::string name, boost::json::object arguments);
  Task<Result<boost::json::value>> sign(boost::json::object arguments);

  images::ImageService& images_;
  const images::ImageUrls& urls_;
  images::RetentionRule rule_;
  UpkeepCommands& upkeep_;
  ImportCommand& importing_;
  KeyCommands& keys_;
  images::SignedUrls& signed_urls_;
  StatsCommand& stats_;
};

}  // namespace lightfast::admin
