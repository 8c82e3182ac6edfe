# liveload_module(NAME SOURCES a.c b.c DEPENDS other_module PkgConfig::X)
# A folder is a module and a static library, liveload_NAME, with includes rooted at the top of the tree.
function(liveload_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(liveload_${name} STATIC ${ARG_SOURCES})
  target_include_directories(liveload_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(liveload_${name} PUBLIC ${ARG_DEPENDS})
endfunction()

# liveload_program(NAME SOURCES main.c DEPENDS ...): a program in build/<preset>/bin.
function(liveload_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
endfunction()
