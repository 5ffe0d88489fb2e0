#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "base/encoding.h"
#include "server/commands/admin_call.h"
#include "server/commands/command.h"
#include "server/commands/import_table.h"
#include "server/commands/progress_bar.h"

namespace lightfast::commands {
namespace {

namespace json = boost::json;

constexpr std::size_t batch_items = 32;

struct ImportOptions {
  std::string what, from, user, collection, name;
  bool is_private = false, pinned = false;
};

std::string read_stream(std::istream& stream) {
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// A URL stays one; a file, or what comes in, is sent as it is.
Result<std::string> source_of(const std::string& what) {
  if (what.starts_with("http://") || what.starts_with("https://") || what.starts_with("data:")) return what;
  std::string bytes;
  if (what == "-") {
    bytes = read_stream(std::cin);
  } else {
    std::ifstream file(what, std::ios::binary);
    if (!file || std::filesystem::is_directory(what)) {
      return Error{Errc::not_found, what + ": no such file, and no http or https URL"};
    }
    bytes = read_stream(file);
  }
  return "data:application/octet-stream;base64," + to_base64(bytes);
}

void put(json::object& item, const ImportOptions& options) {
  if (!options.user.empty() && !item.contains("user_id")) item["user_id"] = options.user;
  if (!options.collection.empty() && !item.contains("collection")) item["collection"] = options.collection;
  if (!options.name.empty()) item["name"] = options.name;
  if (options.is_private) item["visibility"] = "private";
  if (options.pinned) item["pinned"] = true;
}

// What became of the lines.
struct Tally {
  std::size_t imported = 0, existed = 0, gone = 0, failed = 0;
  bool is_clean() const { return gone + failed == 0; }
};

// Prints what came of a batch: the mapping on stdout, failures on stderr.
void print(const json::array& results, const std::string& label, Tally& tally) {
  for (const auto& result : results) {
    const json::object& object = result.as_object();
    const std::string old =
        label.empty() ? std::string(object.at("old").is_string() ? object.at("old").as_string() : "") : label;
    if (object.contains("id")) {
      ++(object.at("existed").as_bool() ? tally.existed : tally.imported);
      std::cout << json::serialize(json::object{{"old", old}, {"new", object.at("new")}, {"id", object.at("id")}})
                << "\n";
    } else {
      const std::string_view code = object.at("code").as_string();
      ++(code == to_string(Errc::source_gone) ? tally.gone : tally.failed);
      std::cerr << "lightfast: " << old << ": " << code << ": " << object.at("error").as_string().c_str() << "\n";
    }
  }
  std::cout.flush();
}

void report(const Tally& tally) {
  std::cerr << "lightfast: " << tally.imported << " imported, " << tally.existed << " here already, " << tally.gone
            << " gone at their source, " << tally.failed << " failed otherwise\n";
  if (tally.failed > 0)
    std::cerr << "lightfast: run it again for what failed otherwise; the rest is not fetched twice\n";
}

Result<json::array> import_batch(const Config& config, json::array items, const admin::Listener& listener) {
  auto answer = run_admin_command(config, "import", {{"items", std::move(items)}}, listener);
  if (!answer) return answer.error();
  return std::move(answer->at("results").as_array());
}

int import_one(const Config& config, const ImportOptions& options) {
  auto source = source_of(options.what);
  if (!source) return fail(source.error());
  json::object item{{"url", *source}};
  put(item, options);
  auto results = import_batch(config, {std::move(item)}, {});
  if (!results) return fail(results.error());
  Tally tally;
  print(*results, options.what, tally);
  return tally.is_clean() ? exit_done : exit_failed;
}

int import_table(const Config& config, const ImportOptions& options) {
  std::ifstream file;
  if (options.from != "-") {
    file.open(options.from);
    if (!file) return fail({Errc::not_found, options.from + ": no such file"});
  }
  ImportTable table = read_import_table(options.from == "-" ? std::cin : file, SystemClock().now());
  for (const auto& complaint : table.complaints) std::cerr << "lightfast: " << complaint << "\n";
  Tally tally{.failed = table.complaints.size()};
  const std::size_t count = table.items.size();
  ProgressBar bar;
  for (std::size_t done = 0; done < table.items.size();) {
    json::array batch;
    for (; batch.size() < batch_items && done < table.items.size(); ++done) {
      put(table.items[done], options);
      batch.push_back(std::move(table.items[done]));
    }
    const std::size_t before = done - batch.size();
    admin::Listener listener;
    listener.progress = [&](std::string_view step, std::uint64_t fetched, std::uint64_t) {
      bar.show(step, before + fetched, count);
    };
    auto results = import_batch(config, std::move(batch), listener);
    bar.clear();
    if (!results) {
      report(tally);
      return fail(results.error());
    }
    print(*results, {}, tally);
  }
  report(tally);
  return tally.is_clean() ? exit_done : exit_failed;
}

int run(const ImportOptions& options) {
  if (options.what.empty() == options.from.empty()) {
    return fail({Errc::invalid_request, "give one URL, file or -, or a table with --from"});
  }
  const auto loaded = load_or_complain();
  if (!loaded) return exit_usage;
  return options.from.empty() ? import_one(loaded->config, options) : import_table(loaded->config, options);
}

}  // namespace

void add_import(CLI::App& cli, Outcome& outcome) {
  CLI::App* command = cli.add_subcommand("import", "Host an existing image, or a whole table of fading URLs");
  const auto options = std::make_shared<ImportOptions>();
  command->add_option("image", options->what, "a URL, a file, or - for standard input");
  command->add_option("--from", options->from,
                      "a table, or - for standard input: one JSON object a line, or CSV with a header; "
                      "members url, user_id, collection, name, visibility, pinned, metadata, prompt, …");
  command->add_option("--user", options->user, "owner, where a line names none");
  command->add_option("--collection", options->collection, "collection, where a line names none");
  command->add_option("--name", options->name, "name within the collection");
  command->add_flag("--private", options->is_private, "readable with a key or a signed URL only");
  command->add_flag("--pinned", options->pinned, "never taken by a cleanup");
  command->footer(
      "Prints {\"old\",\"new\",\"id\"} a line, and failures on stderr. Run again, it prints the whole\n"
      "mapping and fetches only what is missing. URLs that fade soonest go first, those whose time is over last.\n"
      "At the end stands on stderr how many were imported, were here already, were gone, or failed.");
  command->callback([options, &outcome] { outcome.exit_code = run(*options); });
}

}  // namespace lightfast::commands
