# The flags of every target, and the macros by which a folder becomes a library and its tests a program.
add_library(wideip_flags INTERFACE)
target_compile_options(wideip_flags INTERFACE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion
  -Wnon-virtual-dtor -Wimplicit-fallthrough -fno-omit-frame-pointer -fstack-protector-strong)
target_include_directories(wideip_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(wideip_flags INTERFACE WIDEIP_VERSION="${PROJECT_VERSION}" $<$<CONFIG:RelWithDebInfo>:_FORTIFY_SOURCE=2>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these falsely through inlined standard containers (GCC bugs 105329, 105651).
  target_compile_options(wideip_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(WIDEIP_FUZZ)
  # Every library tells the fuzzer what it covers, and the sanitizers watch all of it, not the target's one file alone.
  target_compile_options(wideip_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_options(wideip_flags INTERFACE -fsanitize=address,undefined)
endif()
if(WIDEIP_SANITIZE)
  list(JOIN WIDEIP_SANITIZE "," wideip_sanitizers)
  target_compile_options(wideip_flags INTERFACE -fsanitize=${wideip_sanitizers} -fno-sanitize-recover=all)
  target_link_options(wideip_flags INTERFACE -fsanitize=${wideip_sanitizers})
endif()

# wideip_library(<name> [dependency...]): every *.cc of this folder, but main.cc, is the library <name>.
function(wideip_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC wideip_flags ${ARGN})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE wideip_flags ${ARGN})
  endif()
endfunction()

# wideip_embed(<library> <template.cc.in> [NAME file]...): the template, with the text of each file in the place of
# @NAME@, is a source of the library. Files are looked for from the root of the tree.
function(wideip_embed library template)
  string(REGEX REPLACE "\\.in$" "" made ${template})
  while(ARGN)
    list(POP_FRONT ARGN embedded path)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path})
    file(READ ${PROJECT_SOURCE_DIR}/${path} ${embedded})
  endwhile()
  configure_file(${template} ${CMAKE_CURRENT_BINARY_DIR}/${made} @ONLY)
  target_sources(${library} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${made})
endfunction()

# wideip_page(<variable> <program> <file> <anchor> <what is there>): the whole status page of a program, the frame that
# both have around its own <main>; the anchor is what the keyboard skips to.
function(wideip_page variable program path anchor what)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/base/page/frame.html ${PROJECT_SOURCE_DIR}/${path})
  file(READ ${PROJECT_SOURCE_DIR}/${path} main)
  file(READ ${PROJECT_SOURCE_DIR}/base/page/frame.html frame)
  string(CONFIGURE "${frame}" page @ONLY)
  set(${variable} "${page}" PARENT_SCOPE)
endfunction()

# wideip_test(<name> <folder under tests/> [dependency...]): every *_test.cc of the folder is one GoogleTest program.
# With WIDEIP_ASAN_TESTS the program of the same name in build/asan is a test of its own.
function(wideip_test name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_compile_options(${name} PRIVATE ${WIDEIP_TEST_FLAGS})
  target_link_libraries(${name} PRIVATE wideip_flags ${ARGN} PkgConfig::GMOCK PkgConfig::GTEST wideip_gtest_main)
  target_compile_definitions(${name} PRIVATE WIDEIP_SOURCE_DIR="${PROJECT_SOURCE_DIR}" WIDEIP_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300 COST 20)
  add_dependencies(unit_tests ${name})
  if(WIDEIP_ASAN_TESTS)
    add_test(NAME asan_${name} COMMAND ${PROJECT_BINARY_DIR}/asan/tests/${name})
    set_tests_properties(asan_${name} PROPERTIES LABELS asan TIMEOUT 600 COST 20)
  endif()
endfunction()

# wideip_program(<name>): what is done to a program that is installed.
function(wideip_program name)
  # Nothing that it does needs a lazily bound symbol, and a table that is read-only cannot be rewritten.
  target_link_options(${name} PRIVATE -Wl,-z,relro,-z,now)
  # Completion is made by the program itself, so that it cannot offer anything else than what is taken.
  set(folder ${PROJECT_BINARY_DIR}/completion)
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND sh -c "\"$1\" completion bash >\"$2/$3\" && \"$1\" completion zsh >\"$2/_$3\""
            sh $<TARGET_FILE:${name}> ${folder} ${name}
    VERBATIM)
endfunction()
