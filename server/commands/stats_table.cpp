#include "server/commands/stats_table.h"

#include <array>
#include <boost/json.hpp>
#include <iomanip>
#include <sstream>

namespace lightfast::commands {
namespace {

namespace json = boost::json;

constexpr int first_width = 24;
constexpr int count_width = 10;
constexpr int bytes_width = 16;

std::string text_of(const json::value& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

// "3.2 GB"
std::string readable_bytes(const json::value& value) {
  constexpr std::array units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  double amount = value.to_number<double>();
  std::size_t unit = 0;
  for (; amount >= 1000 && unit + 1 < units.size(); ++unit) amount /= 1000;
  std::ostringstream text;
  text << std::fixed << std::setprecision(unit == 0 ? 0 : 1) << amount << " " << units[unit];
  return text.str();
}

std::string price(const json::value& value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << value.to_number<double>();
  return text.str();
}

class Table {
 public:
  Table(std::ostream& out, const json::object& stats) : out_(out), stats_(stats) {}

  void totals() {
    for (const auto& [label, name] : {std::pair{"images", "images"},
                                      {"bytes", "bytes"},
                                      {"users", "users"},
                                      {"in the trash", "trash_images"},
                                      {"bytes in the trash", "trash_bytes"},
                                      {"bytes served", "served_bytes"},
                                      {"faded before fetched", "missed_fetches"}}) {
      row(label).number(stats_.at(name), count_width + bytes_width).end();
    }
  }

  void sums(const char* title, const char* list, const char* member) {
    if (stats_.at(list).as_array().empty()) return;
    heading(title).word("IMAGES", count_width).word("BYTES", bytes_width).end();
    for (const auto& entry : stats_.at(list).as_array()) {
      row(text_of(entry.at(member)))
          .number(entry.at("images"), count_width)
          .number(entry.at("bytes"), bytes_width)
          .end();
    }
  }

  void days() {
    if (stats_.at("by_day").as_array().empty()) return;
    heading("DAY");
    for (const char* title : {"ADDED", "REMOVED", "SERVED"}) word(title, count_width).word("BYTES", bytes_width);
    end();
    for (const auto& day : stats_.at("by_day").as_array()) {
      row(text_of(day.at("day")));
      for (const char* name : {"added", "added_bytes", "removed", "removed_bytes", "served", "served_bytes"}) {
        number(day.at(name), std::string_view(name).ends_with("_bytes") ? bytes_width : count_width);
      }
      end();
    }
  }

  void cleanups() {
    if (stats_.at("cleanups").as_array().empty()) return;
    heading("CLEANUP").word("IMAGES", count_width).word("BYTES", bytes_width).last("BY       TAKEN").end();
    for (const auto& run : stats_.at("cleanups").as_array()) {
      std::ostringstream how;
      how << std::left << std::setw(9) << text_of(run.at("trigger"));
      for (const auto& [reason, sum] : run.at("taken").as_object()) {
        how << reason << " " << json::serialize(sum.at("images")) << "  ";
      }
      if (const auto* error = run.as_object().if_contains("error")) how << "error: " << text_of(*error);
      row(text_of(run.at("started_at")))
          .number(run.at("images"), count_width)
          .number(run.at("bytes"), bytes_width)
          .last(how.str())
          .end();
    }
  }

  void outlook() {
    const json::object& forecast = stats_.at("forecast").as_object();
    const json::object& volume = stats_.at("volume").as_object();
    out_ << "\nThe volume has " << readable_bytes(volume.at("free_bytes")) << " of "
         << readable_bytes(volume.at("size_bytes")) << " free. ";
    const std::int64_t days = forecast.at("measured_days").as_int64();
    const std::string measured = " (measured over " + (days == 1 ? "a day" : std::to_string(days) + " days") + ")";
    if (!forecast.at("growing").as_bool()) {
      out_ << "What is stored is not growing" << measured << ".\n";
    } else {
      out_ << "What is stored grows by " << readable_bytes(forecast.at("bytes_per_day")) << " a day" << measured
           << ":\nthere is room for " << readable_bytes(forecast.at("room_bytes")) << ", "
           << (forecast.at("full_at").is_null() ? "which is enough for a century"
                                                : "taken by " + text_of(forecast.at("full_at")))
           << ".\n";
    }
    const auto* cost = stats_.if_contains("cost");
    if (cost == nullptr) return;
    out_ << "At " << price(cost->at("price_per_gb")) << " per GB and month it costs " << price(cost->at("per_month"))
         << " a month now, " << price(cost->at("per_month_in_30_days")) << " in 30 days, "
         << price(cost->at("per_month_when_full")) << " when it is full.\n";
  }

 private:
  Table& heading(const std::string& text) {
    out_ << "\n";
    return row(text);
  }
  Table& row(const std::string& text) {
    out_ << std::left << std::setw(first_width) << text;
    return *this;
  }
  Table& word(const std::string& text, int width) {
    out_ << std::right << std::setw(width) << text;
    return *this;
  }
  Table& number(const json::value& value, int width) { return word(json::serialize(value), width); }
  Table& last(const std::string& text) {
    out_ << "  " << text;
    return *this;
  }
  void end() { out_ << "\n"; }

  std::ostream& out_;
  const json::object& stats_;
};

}  // namespace

void print_stats(std::ostream& out, const json::object& stats) {
  Table table(out, stats);
  table.totals();
  table.sums("LARGEST USERS", "largest_users", "user_id");
  table.sums("PROVIDER", "by_provider", "provider");
  table.sums("TYPE", "by_type", "content_type");
  table.days();
  table.cleanups();
  table.outlook();
}

}  // namespace lightfast::commands
