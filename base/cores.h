// How many cores this process may keep busy. Any thread.
#pragma once

#include <string_view>

namespace lightfast {

// What the process is pinned to, but no more than its control group's quota; at least 1.
unsigned usable_cores();

// What the text of a control group's cpu.max ("200000 100000": quota and period, or "max …") allows, rounded up;
// 0: no limit, or not understood.
unsigned cores_of_quota(std::string_view cpu_max);

}  // namespace lightfast
