#include "tests/torture/fault_scenarios.h"

#include <stdexcept>

namespace lightfast::torture {
namespace {

void nothing(Scene&) {}

void upload_one(Scene& scene) {
  scene.prepared_upload();
}

void upload_two(Scene& scene) {
  for (int i = 0; i < 2; ++i) scene.prepared_upload();
}

void upload_two_and_stop(Scene& scene) {
  upload_two(scene);
  scene.stop();
}

// The backup that is there has one image that is no more, and lacks one.
void outdate_a_backup(Scene& scene) {
  upload_two(scene);
  if (!scene.back_up()) throw std::runtime_error("a backup failed where nothing did");
  scene.remove(scene.paths[0]);
  scene.prepared_upload();
}

void upload_three_and_damage_them(Scene& scene) {
  for (int i = 0; i < 3; ++i) scene.prepared_upload();
  scene.damage_all();
}

void upload_one_unverified(Scene& scene) {
  scene.make_unverified(scene.prepared_upload());
}

void upload_three_of_which_one_may_stay(Scene& scene) {
  for (int i = 0; i < 3; ++i) scene.prepared_upload();
  scene.let_go(scene.paths[0]);
  scene.let_go(scene.paths[1]);
}

void upload_and_remove_one(Scene& scene) {
  scene.prepared_upload();
  scene.remove(scene.paths[0]);
}

// Nothing but the scenario's own call cleans up, and only what it is about.
const test::Environment one_image_per_user = {{"IMAGE_PER_USER_LIMIT", "1"}, {"CLEANUP_AT", "off"}};
const test::Environment one_image_and_no_trash = {
    {"IMAGE_PER_USER_LIMIT", "1"}, {"CLEANUP_AT", "off"}, {"IMAGE_TRASH_DAYS", "0"}};

const test::Environment no_trash = {{"IMAGE_TRASH_DAYS", "0"}};

constexpr auto back_up = [](Scene& scene) { scene.back_up(); };
constexpr auto verify_backup = [](Scene& scene, Report& report, const std::string& when) {
  scene.verify_backup(report, when);
};

const Scenario all[] = {
    {"upload", nothing, [](Scene& scene) { scene.upload(); }, {}, Scenario::Syncs::one_image},
    {"upload-more", upload_one, [](Scene& scene) { scene.upload(); }, {}, Scenario::Syncs::one_image},
    {"upload-together", nothing, [](Scene& scene) { scene.upload_together(4); }},
    {.name = "generate",
     .prepare = nothing,
     .act = [](Scene& scene) { scene.generate(); },
     .waits_for_descriptors = true},
    {"serve", upload_one, [](Scene& scene) { scene.fetch(scene.paths[0]); }},
    {"serve-unverified", upload_one_unverified, [](Scene& scene) { scene.fetch(scene.paths[0]); }},
    {"delete", upload_one, [](Scene& scene) { scene.remove(scene.paths[0]); }},
    {"delete-for-good", upload_one, [](Scene& scene) { scene.remove(scene.paths[0]); }, no_trash},
    {"restore", upload_and_remove_one, [](Scene& scene) { scene.restore(scene.paths[0]); }},
    {"cleanup", upload_three_of_which_one_may_stay, [](Scene& scene) { scene.clean_up(); }, one_image_per_user},
    {"cleanup-for-good", upload_three_of_which_one_may_stay, [](Scene& scene) { scene.clean_up(); },
     one_image_and_no_trash},
    {.name = "restart", .prepare = upload_one, .act = [](Scene& scene) { scene.restart(); }, .may_leave_it_down = true},
    {.name = "backup", .prepare = upload_two, .act = back_up, .fresh = true, .afterwards = verify_backup},
    {.name = "backup-again",
     .prepare = outdate_a_backup,
     .act = back_up,
     .environment = no_trash,
     .fresh = true,
     .afterwards = verify_backup},
    {.name = "backup-alone",
     .prepare = upload_two_and_stop,
     .act = back_up,
     .fresh = true,
     .may_leave_it_down = true,
     .afterwards = verify_backup},
    {.name = "backup-stream",
     .prepare = upload_two,
     .act = [](Scene& scene) { scene.back_up_as_stream(); },
     .fresh = true,
     .afterwards = verify_backup},
    {.name = "repair",
     .prepare = upload_three_and_damage_them,
     .act = [](Scene& scene) { scene.repair(); },
     .fresh = true,
     .afterwards = [](Scene& scene, Report& report, const std::string& when) { scene.verify_repair(report, when); }},
};

}  // namespace

std::span<const Scenario> scenarios() {
  return all;
}

}  // namespace lightfast::torture
