// Where the program under test and the sources lie. Only places.cpp is compiled with their paths, so that the objects
// of every other test are the same in each checkout and come out of the compiler's cache.
#pragma once

#include <filesystem>

namespace lightfast::test {

std::filesystem::path program_under_test();
std::filesystem::path source_folder();

}  // namespace lightfast::test
