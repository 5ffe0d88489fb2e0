// Lets Catch print Result<T>, Error and Errc, so that a failed REQUIRE(result) says what went wrong.
// Include it wherever a Result stands in an assertion: without it Catch tries Boost's own printing and doesn't compile.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "base/error.h"

namespace Catch {

template <>
struct StringMaker<lightfast::Errc> {
  static std::string convert(lightfast::Errc code) { return std::string(lightfast::to_string(code)); }
};

template <>
struct StringMaker<lightfast::Error> {
  static std::string convert(const lightfast::Error& error) {
    return std::string(lightfast::to_string(error.code)) + ": " + error.detail;
  }
};

template <class T>
struct StringMaker<boost::system::result<T, lightfast::Error>> {
  static std::string convert(const boost::system::result<T, lightfast::Error>& result) {
    return result ? "a value" : StringMaker<lightfast::Error>::convert(result.error());
  }
};

}  // namespace Catch
