# hwcsync_library(NAME SOURCES ... USES ...): one library a folder. USES names the libraries whose headers this one may include.
function(hwcsync_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;PRIVATE_USES")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC hwcsync_settings ${arg_USES} PRIVATE hwcsync_warnings ${arg_PRIVATE_USES})
endfunction()

# hwcsync_test(NAME SOURCES ... USES ... LABEL unit|integration|fuse|nix|lab): one Catch2 executable, with a time limit.
# A test that cannot run exits 77 and says why; ctest then counts it as skipped.
function(hwcsync_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "SOURCES;USES")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE hwcsync_warnings ${arg_USES} hwcsync_test_main)
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300) # against a hang; a loaded machine is slow
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(
    ${name}
    PROPERTIES LABELS ${arg_LABEL}
               TIMEOUT ${arg_TIMEOUT}
               SKIP_RETURN_CODE 77
               ENVIRONMENT "GIT_CONFIG_GLOBAL=/dev/null;GIT_CONFIG_NOSYSTEM=1;HWCSYNC_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
