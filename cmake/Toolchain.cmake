# Language level, warnings, sanitizers, and whatever makes a build quicker where it is installed.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(LIGHTFAST_TESTS "Build the tests" ON)
option(LIGHTFAST_WERROR "Warnings are errors" OFF)
set(LIGHTFAST_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them: address,undefined or thread")

add_compile_options(-Wall -Wextra -Wshadow -Wno-missing-field-initializers
                    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_BUILD_TYPE STREQUAL Release)
  # The optimizer of g++ 12 sees these where they are not: in std::string's operator+, in Asio's coroutine frames.
  add_compile_options(-Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow -Wno-restrict
                      $<$<COMPILE_LANGUAGE:CXX>:-Wno-mismatched-new-delete>)
endif()
if(LIGHTFAST_WERROR)
  add_compile_options(-Werror)
endif()
if(LIGHTFAST_SANITIZE)
  add_compile_options(-fsanitize=${LIGHTFAST_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LIGHTFAST_SANITIZE})
  if(LIGHTFAST_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan) # Asio's fences, which the sanitizer cannot see but doesn't need either
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers are cached only with these two laxities.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
