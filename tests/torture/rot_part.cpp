// Files changed behind the server's back, while it runs and while it is down: the bytes that were stored, or 503 or
// 404; never others. What is not harmed stays served. (Rot below the file system, which changes neither inode nor size
// nor change time, is for the scrub to find.)
#include <optional>

#include "tests/torture/ledger.h"
#include "tests/torture/mutations.h"
#include "tests/torture/parts.h"

namespace lightfast::torture {
namespace {

constexpr std::size_t population = 24;
constexpr int sides[] = {8, 16, 32, 64, 160};
constexpr unsigned down_every = 25;  // mutations; that many are then made while the server is down:
constexpr unsigned made_while_down = 6;
constexpr unsigned largest_user = 5;

struct Victim {
  std::string path;
  std::string bytes;
};

class RotTorture {
 public:
  explicit RotTorture(const Options& options)
      : options_(options),
        report_(options),
        random_(options.seed),
        server_(without(options.without, subject_environment())),
        client_(server_.port()) {}

  int run() {
    server_.start();
    fill_up();
    std::uint64_t done = 0;
    while (done < options_.count) {
      if (done % down_every == down_every - made_while_down) {
        done += mutate_while_down();
      } else {
        const Damage damage = mutate();
        look_at(damage);
        replace(damage);
        ++done;
      }
      report_.progress(done);
    }
    for (const Victim& healthy : images_) look_at_healthy(healthy, "at the end");
    return report_.finish();
  }

 private:
  struct Damage {
    std::string_view mutation;
    std::vector<std::size_t> harmed;
    std::optional<std::size_t> unharmed;
    bool while_down = false;
  };

  void fill_up() {
    while (images_.size() < population) images_.push_back(new_image());
  }

  Victim new_image() {
    const TestImage image{next_number_++, sides[random_() % std::size(sides)]};
    Victim made{"", image.bytes()};
    const Answer answer = client_.upload("user" + std::to_string(random_() % largest_user), made.bytes);
    if (answer.status != 201) throw std::runtime_error("an upload was answered " + std::to_string(answer.status));
    made.path = path_of(answer);
    report_.add("acknowledged");
    return made;
  }

  std::filesystem::path file(std::size_t index) const { return server_.images() / file_of(images_[index].path); }

  Damage mutate() {
    const std::size_t victim = random_() % images_.size();
    const std::size_t other = (victim + 1 + random_() % (images_.size() - 1)) % images_.size();
    return mutate(victim, other);
  }

  Damage mutate(std::size_t victim, std::size_t other) {
    const Mutation& mutation = mutations()[random_() % mutations().size()];
    mutation.apply(file(victim), file(other), random_);
    Damage damage{.mutation = mutation.name};
    if (mutation.harms == Mutation::Harms::nothing) {
      damage.unharmed = victim;
    } else {
      damage.harmed.push_back(victim);
      if (mutation.harms == Mutation::Harms::both) damage.harmed.push_back(other);
    }
    return damage;
  }

  std::uint64_t mutate_while_down() {
    if (random_() % 2 == 0) {
      server_.kill();
    } else {
      server_.stop();
    }
    std::vector<Damage> damages;
    for (std::size_t i = 0; i < made_while_down; ++i) {
      damages.push_back(mutate(2 * i, 2 * i + 1));
      damages.back().while_down = true;
    }
    server_.start();
    for (const Damage& damage : damages) look_at(damage);
    for (const Damage& damage : damages) replace(damage);
    return damages.size();
  }

  void look_at(const Damage& damage) {
    const std::string what = std::string(damage.mutation) + (damage.while_down ? " while down" : "");
    for (const std::size_t index : damage.harmed) {
      for (int again = 0; again < 2; ++again) look_at_harmed(images_[index], what);
    }
    if (damage.unharmed) look_at_healthy(images_[*damage.unharmed], what);
    if (damage.while_down) return;
    const std::size_t bystander = random_() % images_.size();
    if (!std::ranges::count(damage.harmed, bystander)) look_at_healthy(images_[bystander], "beside " + what);
  }

  void look_at_harmed(const Victim& victim, const std::string& what) {
    const std::size_t from = random_() % victim.bytes.size();
    const std::size_t to = from + random_() % (victim.bytes.size() - from);
    const Answer part =
        client_.get(victim.path, {{"Range", "bytes=" + std::to_string(from) + "-" + std::to_string(to)}});
    judge(part, 206, victim.bytes.substr(from, to - from + 1), victim, what);
    judge(client_.get(victim.path), 200, victim.bytes, victim, what);
  }

  void judge(const Answer& answer, int success, std::string_view bytes, const Victim& victim, const std::string& what) {
    report_.add("verified");
    if (answer.status == success && answer.body == bytes) {
      report_.add("right_bytes");
    } else if (answer.status / 100 == 2) {
      report_.add("wrong_bytes");
      report_.violation(what + ": WRONG BYTES served for " + victim.path);
    } else if (answer.status == 503 || answer.status == 404) {
      report_.add(answer.status == 503 ? "answered_503" : "answered_404");
    } else {
      report_.violation(what + ": " + victim.path + " answered " + std::to_string(answer.status) + " " +
                        answer.body.substr(0, 200));
    }
  }

  void look_at_healthy(const Victim& healthy, const std::string& what) {
    const Answer answer = client_.get(healthy.path);
    report_.add("verified");
    if (answer.status == 200 && answer.body == healthy.bytes) return;
    report_.violation(what + ": the healthy " + healthy.path + " answered " + std::to_string(answer.status) + " " +
                      answer.body.substr(0, 200));
  }

  void replace(const Damage& damage) {
    for (const std::size_t index : damage.harmed) images_[index] = new_image();
  }

  const Options options_;
  Report report_;
  std::mt19937_64 random_;
  test::ServerProcess server_;
  SubjectClient client_;
  std::uint32_t next_number_ = 0;
  std::vector<Victim> images_;
};

}  // namespace

int torture_by_rot(const Options& options) {
  return RotTorture(options).run();
}

}  // namespace lightfast::torture
