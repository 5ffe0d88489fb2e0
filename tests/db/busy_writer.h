// Holds a database's writer within a change until it is let go, so that what is submitted meanwhile becomes one group.
#pragma once

#include <future>

#include "db/database.h"

namespace lightfast::test {

class BusyWriter {
 public:
  explicit BusyWriter(db::Database& database) {
    database.submit(
        [this](db::Session&) -> Result<void> {
          begun_.set_value();
          go_on_.get_future().wait();
          return {};
        },
        [this](Result<void>) { finished_.set_value(); });
    begun_.get_future().wait();
  }
  void let_go() {
    go_on_.set_value();
    finished_.get_future().wait();
  }

 private:
  std::promise<void> begun_, go_on_, finished_;
};

}  // namespace lightfast::test
