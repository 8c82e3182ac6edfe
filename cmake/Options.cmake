# Build options, compiler flags and where programs land.
option(LIVELOAD_TESTS "Build the tests and benchmarks (needs Criterion)" ON)
option(LIVELOAD_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
set(LIVELOAD_SANITIZE "" CACHE STRING "Sanitizers for every target, as in -fsanitize=")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_compile_definitions(_GNU_SOURCE LIVELOAD_VERSION="${PROJECT_VERSION}")
add_compile_options(-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
                    -Wformat=2 -Wundef -Wvla -Wno-missing-field-initializers -fno-strict-aliasing
                    $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>)

# Asserts state what must hold in any build; they stay on in release.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")

if(LIVELOAD_SANITIZE)
  add_compile_options(-fsanitize=${LIVELOAD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LIVELOAD_SANITIZE})
endif()
if(LIVELOAD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
