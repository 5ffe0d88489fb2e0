// Keys made, listed and revoked from the command line, as JSON. Any thread; it must outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "server/guard/api_keys.h"

namespace lightfast::admin {

class KeyCommands {
 public:
  KeyCommands(guard::ApiKeys& keys, const Clock& clock) : keys_(keys), clock_(clock) {}

  bool knows(const std::string& name) const;

  // `create_key` {"name","user","scope","expires_in_days"} → {"key","name",…}: the key itself is told this once.
  // `list_keys` → {"keys":[{"name","id","user_id","scope","created_at","expires_at","last_used_at","state"}]}.
  // `revoke_key` {"name"} → the key as listed.
  Task<Result<boost::json::value>> run(std::string name, boost::json::object arguments);

 private:
  Task<Result<boost::json::value>> create(boost::json::object arguments);
  Task<Result<boost::json::value>> list();
  Task<Result<boost::json::value>> revoke(boost::json::object arguments);
  boost::json::object key_json(const db::ApiKeyRecord& key) const;

  guard::ApiKeys& keys_;
  const Clock& clock_;
};

}  // namespace lightfast::admin
