# One library from all layers, and a package that find_package(einfold) finds.
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY EINFOLD_LAYERS)
set(objects)
foreach(layer IN LISTS layers)
  list(APPEND objects $<TARGET_OBJECTS:einfold_${layer}_objects>)
endforeach()
add_library(einfold ${objects})
add_library(einfold::einfold ALIAS einfold)
target_include_directories(einfold PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(einfold PUBLIC cxx_std_20)
find_package(ZLIB REQUIRED)
find_package(hwy REQUIRED)
target_link_libraries(einfold PRIVATE ZLIB::ZLIB hwy::hwy Threads::Threads)
if(EINFOLD_SANITIZE)
  target_link_options(einfold PUBLIC -fsanitize=${EINFOLD_SANITIZE})
endif()
set_target_properties(einfold PROPERTIES
  LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/einfold)
install(TARGETS einfold EXPORT einfold-targets)
install(DIRECTORY include/einfold DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT einfold-targets NAMESPACE einfold:: DESTINATION ${package_folder})
configure_package_config_file(cmake/einfold-config.cmake.in ${PROJECT_BINARY_DIR}/einfold-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/einfold-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/einfold-config.cmake ${PROJECT_BINARY_DIR}/einfold-config-version.cmake
  DESTINATION ${package_folder})
