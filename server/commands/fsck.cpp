#include <boost/json.hpp>
#include <iomanip>
#include <iostream>

#include "server/commands/admin_call.h"
#include "server/commands/command.h"
#include "server/commands/progress_bar.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

struct FsckArguments {
  bool repair = false, verify_hashes = false, as_json = false;
  std::string adopt_as;
};

// What a check tells comes as lines of JSON: printed as they come, or gathered for one object at the end.
class Notes {
 public:
  Notes(bool as_json, ProgressBar& bar) : as_json_(as_json), bar_(bar) {}

  Result<void> take(std::string_view bytes) {
    rest_ += bytes;
    if (!as_json_) bar_.clear();
    for (std::size_t end; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1)) {
      take_line(std::string_view(rest_).substr(0, end));
    }
    std::cout << std::flush;
    return {};
  }
  const std::string& problems() const { return problems_; }
  const std::string& repairs() const { return repairs_; }

 private:
  void take_line(std::string_view line) {
    const json::value note = json::parse(line);
    const bool is_problem = note.as_object().contains("problem");
    if (as_json_) {
      std::string& list = is_problem ? problems_ : repairs_;
      if (!list.empty()) list += ",";
      list += line;
      return;
    }
    const auto text = [&](const char* name) { return std::string(note.at(name).as_string()); };
    std::string shown = text("path");
    if (!shown.empty() && !text("detail").empty()) shown += "  ";
    shown += text("detail");
    std::cout << std::left << std::setw(18) << (is_problem ? text("problem") : "  " + text("repair")) << shown << "\n";
  }

  const bool as_json_;
  ProgressBar& bar_;
  std::string rest_, problems_, repairs_;
};

std::uint64_t sum(const json::value& counts) {
  std::uint64_t total = 0;
  for (const auto& [word, count] : counts.as_object()) total += count.to_number<std::uint64_t>();
  return total;
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void print_summary(const json::object& report) {
  const auto number = [&](const char* name) { return report.at(name).to_number<std::uint64_t>(); };
  std::cout << "Checked " << counted(number("images"), "image") << " and " << counted(number("files"), "file") << ", "
            << number("hashed") << " read to the end: ";
  const std::uint64_t problems = sum(report.at("found"));
  if (problems == 0) {
    std::cout << "clean.\n";
  } else {
    std::cout << counted(problems, "problem") << ", " << number("left") << " left.\n";
  }
  if (number("lost_and_found") + number("quarantine") > 0) {
    std::cout << "Set aside: " << counted(number("lost_and_found"), "file") << " in lost+found, "
              << number("quarantine") << " in quarantine.\n";
  }
  if (number("left") > 0 && !report.at("repair").as_bool()) std::cout << "`lightfast fsck --repair` mends them.\n";
}

int run(const FsckArguments& options) {
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  const json::object arguments{
      {"repair", options.repair}, {"verify_hashes", options.verify_hashes}, {"adopt_as", options.adopt_as}};
  ProgressBar bar;
  Notes notes(options.as_json, bar);
  admin::Listener listener = bar.listener();
  listener.bytes = [&](std::string_view bytes) { return notes.take(bytes); };
  auto answer = run_admin_command(loaded->config, "fsck", arguments, listener);
  bar.clear();
  if (!answer) return fail(answer.error());
  const json::object& report = answer->as_object();
  if (options.as_json) {
    std::string text = json::serialize(report);
    text.pop_back();
    std::cout << text << ",\"problems\":[" << notes.problems() << "],\"repairs\":[" << notes.repairs() << "]}\n";
  } else {
    print_summary(report);
  }
  if (!report.at("complete").as_bool()) {
    std::cerr << "lightfast: stopped before the end\n";
    return exit_failed;
  }
  return report.at("left").to_number<std::uint64_t>() == 0 ? exit_done : exit_failed;
}

}  // namespace

void add_fsck(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("fsck", "Check every image against its file, and find files without one");
  command->footer(
      "Finds: missing_file, wrong_size, wrong_hash, unreadable_file, not_a_file, damaged_image, stray_file,\n"
      "left_over, damaged_database. Exit code 1 while anything is left. Runs beside a server; safe to interrupt.\n"
      "--repair loses nothing: it puts an image's bytes back from lost+found or quarantine, adopts whole images\n"
      "without a record, moves other strays to lost+found, and gives up an image only when its bytes are nowhere:\n"
      "it goes to the trash, and its URL is 404.");
  const auto options = std::make_shared<FsckArguments>();
  command->add_flag("--repair", options->repair, "mend what is found");
  command->add_flag("--verify-hashes", options->verify_hashes,
                    "read every file, not only those that changed since they were last read");
  command
      ->add_option("--adopt-as", options->adopt_as,
                   "visibility of adopted images (default: public, unless any private image is known)")
      ->check(CLI::IsMember({"public", "private"}))
      ->needs("--repair");
  command->add_flag("--json", options->as_json, "one JSON object, with every problem and repair");
  command->callback([options, &outcome] { outcome.exit_code = run(*options); });
}

}  // namespace lightfast::commands
