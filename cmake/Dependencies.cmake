# Every library the project stands on. All are Debian 12 packages (scripts/install-deps).
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CURL REQUIRED)
find_package(Threads REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GIF REQUIRED)
find_package(JPEG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
pkg_check_modules(AVIF REQUIRED IMPORTED_TARGET libavif)

add_library(lightfast_avif_dependency INTERFACE)
target_link_libraries(lightfast_avif_dependency INTERFACE PkgConfig::AVIF)
add_library(lightfast::avif ALIAS lightfast_avif_dependency)

add_library(lightfast_webp_dependency INTERFACE)
target_link_libraries(lightfast_webp_dependency INTERFACE PkgConfig::WEBP)
add_library(lightfast::webp ALIAS lightfast_webp_dependency)

add_library(lightfast_gif_dependency INTERFACE)
target_link_libraries(lightfast_gif_dependency INTERFACE GIF::GIF)
add_library(lightfast::gif ALIAS lightfast_gif_dependency)

# stb_image is a header; the one file that compiles it is server/imaging/stb_image.cpp.
find_path(STB_INCLUDE_DIR stb/stb_image.h REQUIRED)
add_library(lightfast_stb_dependency INTERFACE)
target_include_directories(lightfast_stb_dependency SYSTEM INTERFACE ${STB_INCLUDE_DIR})
add_library(lightfast::stb ALIAS lightfast_stb_dependency)

# Asio and Beast are compiled once (base/asio.cpp, server/http/beast.cpp), not in every file.
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION)
