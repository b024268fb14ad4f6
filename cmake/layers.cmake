# The folders of src/ are layers. Each is compiled once, tested alone, and collected into the library `einfold`.

add_library(einfold_options INTERFACE)
target_include_directories(einfold_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>)
target_compile_options(einfold_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=off
  # designated initialisers leave the rest at its default on purpose
  -Wno-missing-field-initializers
  # GCC 12's false alarms on std::string's operator+ (GCC bug 105651)
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  # takes an unrolled loop over a constant for one without end
  $<$<CXX_COMPILER_ID:Clang>:-Wno-for-loop-analysis>
  $<$<BOOL:${EINFOLD_WARNINGS_AS_ERRORS}>:-Werror>)

# The library and the program are watched, the tests that drive them are not: they would take most of the time to compile.
add_library(einfold_sanitized INTERFACE)
if(EINFOLD_SANITIZE)
  target_compile_definitions(einfold_options INTERFACE EINFOLD_SANITIZED)
  # What is left out of "undefined" would double the time to compile; a null pointer ends the program anyway.
  target_compile_options(einfold_sanitized INTERFACE
    -fsanitize=${EINFOLD_SANITIZE} -fno-sanitize=null,alignment,vptr,object-size
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(einfold_options INTERFACE -fsanitize=${EINFOLD_SANITIZE})
endif()

# einfold_layer(NAME SOURCES a.cpp .. [DEPENDS other layers ..] [LIBRARIES external ..])
function(einfold_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  list(TRANSFORM LAYER_DEPENDS PREPEND einfold_)
  add_library(einfold_${name}_objects OBJECT ${LAYER_SOURCES})
  target_link_libraries(einfold_${name}_objects PUBLIC einfold_options ${LAYER_LIBRARIES} PRIVATE einfold_sanitized)
  add_library(einfold_${name} STATIC $<TARGET_OBJECTS:einfold_${name}_objects>)
  target_link_libraries(einfold_${name} PUBLIC einfold_options ${LAYER_DEPENDS} ${LAYER_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY EINFOLD_LAYERS ${name})
endfunction()

# einfold_tests(NAME SOURCES a_test.cpp .. DEPENDS layers .. [LIBRARIES external ..]): the program NAME_tests
function(einfold_tests name)
  cmake_parse_arguments(TESTS "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  list(TRANSFORM TESTS_DEPENDS PREPEND einfold_)
  add_executable(${name}_tests ${TESTS_SOURCES})
  target_include_directories(${name}_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_options(${name}_tests PRIVATE -O1)  # faster to compile, and as fast: the work is the library's
  target_compile_definitions(${name}_tests PRIVATE
    EINFOLD_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    EINFOLD_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared")
  target_link_libraries(${name}_tests PRIVATE ${TESTS_DEPENDS} ${TESTS_LIBRARIES} GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name}_tests --gtest_brief=1)
endfunction()
