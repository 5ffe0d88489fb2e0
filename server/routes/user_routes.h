// A user as a whole: usage, limits, and the removal of everything. /v1/users/{user}.
#pragma once

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/images/user_service.h"

namespace lightfast::routes {

class UserRoutes {
 public:
  static constexpr std::uint64_t limits_body_limit = 4096;

  UserRoutes(images::UserService& users, const images::RetentionRule& rule);

  Task<Result<http::Response>> usage(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> set_limits(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> remove(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> remove_collection(http::Request& request, guard::Caller caller);

 private:
  Task<Result<http::Response>> show_usage(UserId user);
  Task<Result<http::Response>> remove_all(http::Request& request, guard::Caller caller, std::string collection);

  images::UserService& users_;
  images::RetentionRule rule_;
};

}  // namespace lightfast::routes
