// The plain way to store files durably, as one would write it by hand, without a server, a proof or anything else
// around it: each thread writes a temporary file, syncs it, renames it, syncs the folder, and records it in a
// transaction of its own (WAL, synchronous=FULL). Prints the rate as one line of JSON.
//
// usage: plain_store FOLDER THREADS COUNT FILE
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kFolders = 50;

void require(bool good, const char* doing) {
  if (!good) throw std::runtime_error(std::string("cannot ") + doing);
}

void write_durably(const std::string& folder, const std::string& name, const std::string& bytes) {
  const std::string partial = folder + "/." + name + ".part";
  const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  require(file >= 0, "create a file");
  require(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write a file");
  require(::fsync(file) == 0, "sync a file");
  ::close(file);
  require(::rename(partial.c_str(), (folder + "/" + name).c_str()) == 0, "rename a file");
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  require(directory >= 0 && ::fsync(directory) == 0, "sync a folder");
  ::close(directory);
}

class Record {
 public:
  explicit Record(const std::string& path) {
    require(sqlite3_open(path.c_str(), &database_) == SQLITE_OK, "open the database");
    execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE images(id TEXT PRIMARY KEY, user TEXT, size INTEGER, created INTEGER) WITHOUT ROWID;"
        "CREATE INDEX by_user ON images(user, created);");
  }
  ~Record() { sqlite3_close(database_); }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  void add(const std::string& id, const std::string& user, std::size_t size) {
    const std::lock_guard lock(mutex_);
    execute("INSERT INTO images VALUES('" + id + "','" + user + "'," + std::to_string(size) + ",1)");
  }

 private:
  void execute(const std::string& sql) {
    require(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, "write the database");
  }
  sqlite3* database_ = nullptr;
  std::mutex mutex_;
};

void run(const std::string& folder, int thread_count, int count, const std::string& bytes) {
  for (int i = 0; i < kFolders; ++i) ::mkdir((folder + "/user" + std::to_string(i)).c_str(), 0700);
  Record record(folder + "/plain.db");
  std::atomic<int> next = 0;
  std::atomic<bool> failed = false;
  const auto began = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < thread_count; ++i) {
      threads.emplace_back([&] {
        try {
          for (int number = next++; number < count && !failed; number = next++) {
            const std::string user = "user" + std::to_string(number % kFolders);
            const std::string id = "image" + std::to_string(number);
            write_durably(folder + "/" + user, id + ".png", bytes);
            record.add(id, user, bytes.size());
          }
        } catch (const std::exception& error) {
          if (!failed.exchange(true)) std::fprintf(stderr, "plain_store: %s\n", error.what());
        }
      });
    }
  }
  if (failed) throw std::runtime_error("not everything was stored");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"rate\": %.1f}\n", count / took.count());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::fputs("usage: plain_store FOLDER THREADS COUNT FILE\n", stderr);
    return 2;
  }
  try {
    std::ifstream file(arguments[4], std::ios::binary);
    run(arguments[1], std::atoi(arguments[2]), std::atoi(arguments[3]), {std::istreambuf_iterator<char>(file), {}});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plain_store: %s\n", error.what());
    return 1;
  }
}
