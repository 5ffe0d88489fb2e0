# add_room(server/http LINK …)  makes lightfast_http from server/http/*.cpp.
# RECURSE takes the subfolders too. Files are globbed: a new file needs no line anywhere.

# What nearly every file includes, compiled once.
add_library(lightfast_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(lightfast_pch PRIVATE
  <algorithm> <array> <chrono> <cstddef> <cstdint> <filesystem> <functional> <map> <memory> <mutex> <optional>
  <span> <string> <string_view> <utility> <variant> <vector>
  <boost/system/result.hpp> <boost/asio/awaitable.hpp>)
target_link_libraries(lightfast_pch PUBLIC Boost::headers Threads::Threads)

function(add_room folder)
  cmake_parse_arguments(ROOM "RECURSE" "" "LINK" ${ARGN})
  get_filename_component(name ${folder} NAME)
  if(ROOM_RECURSE)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  else()
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  endif()
  if(NOT sources) # headers alone; an archive still wants a file
    set(sources ${PROJECT_SOURCE_DIR}/cmake/pch.cpp)
  endif()
  add_library(lightfast_${name} STATIC ${sources})
  target_include_directories(lightfast_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(lightfast_${name} PUBLIC ${ROOM_LINK} Boost::headers Threads::Threads)
  target_precompile_headers(lightfast_${name} REUSE_FROM lightfast_pch)
endfunction()

# The one binary: server/main.cpp with the app and the subcommands.
function(add_program name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/server/*.cpp ${PROJECT_SOURCE_DIR}/server/commands/*.cpp)
  list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/server/main.cpp)
  if(NOT sources)
    set(sources ${PROJECT_SOURCE_DIR}/cmake/pch.cpp)
  endif()
  add_library(lightfast_app STATIC ${sources})
  target_include_directories(lightfast_app PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_definitions(lightfast_app PRIVATE LIGHTFAST_VERSION="${PROJECT_VERSION}")
  target_link_libraries(lightfast_app PUBLIC lightfast_routes lightfast_admin lightfast_lifecycle CLI11::CLI11)
  target_precompile_headers(lightfast_app REUSE_FROM lightfast_pch)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/server/main.cpp)
  target_link_libraries(${name} PRIVATE lightfast_app)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()
