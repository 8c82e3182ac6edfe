# liveload_npm(OUT_VAR SOURCE BUILD COMMENT): packages from npm, by the lock file in the folder SOURCE, into the folder
# BUILD. OUT_VAR gets the file to depend on: it is newer than the manifests once the packages are there.
find_program(NODE NAMES node nodejs)
find_program(NPM npm)
if(NOT NODE OR NOT NPM)
  message(FATAL_ERROR "node or npm was not found: run tools/setup, which installs what is missing")
endif()

function(liveload_npm out_var source build comment)
  set(packages ${build}/node_modules/.package-lock.json)
  set(manifests ${source}/package.json ${source}/package-lock.json ${source}/.npmrc)
  add_custom_command(
    OUTPUT ${packages}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${build}
    COMMAND ${CMAKE_COMMAND} -E copy ${manifests} ${build}
    COMMAND ${NPM} ci --prefix ${build} --ignore-scripts --no-audit --no-fund --loglevel=error --silent
    COMMAND ${CMAKE_COMMAND} -E touch ${packages}
    DEPENDS ${manifests}
    WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
    COMMENT ${comment}
    VERBATIM)
  set(${out_var} ${packages} PARENT_SCOPE)
endfunction()
