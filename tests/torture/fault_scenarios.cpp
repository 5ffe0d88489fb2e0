#include "tests/torture/fault_scenarios.h"

namespace lightfast::torture {
namespace {

void nothing(Scene&) {}

void upload_one(Scene& scene) {
  scene.prepared_upload();
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
    {"delete-for-good", upload_one, [](Scene& scene) { scene.remove(scene.paths[0]); }, {{"IMAGE_TRASH_DAYS", "0"}}},
    {"restore", upload_and_remove_one, [](Scene& scene) { scene.restore(scene.paths[0]); }},
    {"cleanup", upload_three_of_which_one_may_stay, [](Scene& scene) { scene.clean_up(); }, one_image_per_user},
    {"cleanup-for-good", upload_three_of_which_one_may_stay, [](Scene& scene) { scene.clean_up(); },
     one_image_and_no_trash},
    {"restart", upload_one, [](Scene& scene) { scene.restart(); }},
};

}  // namespace

std::span<const Scenario> scenarios() {
  return all;
}

}  // namespace lightfast::torture
