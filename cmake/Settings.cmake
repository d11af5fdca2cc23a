# What every target is compiled with. Settings hold everywhere; warnings only for our own code.
option(HWCSYNC_TESTS "Build the tests" ON)
option(HWCSYNC_FUZZERS "Build the fuzzers (clang only)" OFF)
if(HWCSYNC_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link,address -O1 -g1)
  add_link_options(-fsanitize=address)
endif()
option(HWCSYNC_BENCH "Build the benchmarks (needs Google Benchmark, libbenchmark-dev)" OFF)

# A library that nothing calls is not loaded.
add_link_options(-Wl,--as-needed)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(HWCSYNC_CCACHE ccache)
if(HWCSYNC_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HWCSYNC_CCACHE})
endif()

add_library(hwcsync_settings INTERFACE)
target_include_directories(hwcsync_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(hwcsync_settings INTERFACE _GNU_SOURCE HWCSYNC_VERSION="${PROJECT_VERSION}")

add_library(hwcsync_warnings INTERFACE)
target_compile_options(
  hwcsync_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                             -Wold-style-cast -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers)
