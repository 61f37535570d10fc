# Installation: every layer as fokker::NAME, its headers under include/fokker in the folders of the source tree, and
# what find_package(fokker) needs.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

get_property(layers GLOBAL PROPERTY FOKKER_LAYERS)
list(TRANSFORM layers PREPEND fokker_ OUTPUT_VARIABLE FOKKER_TARGETS)
install(TARGETS ${FOKKER_TARGETS} EXPORT fokker)
install(EXPORT fokker NAMESPACE fokker:: FILE fokkerTargets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fokker)

foreach(layer IN LISTS layers)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${layer} DESTINATION include/fokker FILES_MATCHING PATTERN "*.h")
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/fokker.h DESTINATION include/fokker)
if(TARGET fokker_cli)
  install(TARGETS fokker_cli)
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/fokkerConfig.cmake.in
  ${PROJECT_BINARY_DIR}/fokkerConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fokker)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fokkerConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fokkerConfig.cmake ${PROJECT_BINARY_DIR}/fokkerConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fokker)

# Every header compiles on its own: the target fokker_headers (not part of `all`) has one unit for each.
set(units "")
foreach(layer IN LISTS layers)
  file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${layer}/*.h)
  foreach(header IN LISTS headers)
    string(REPLACE "/" "_" unit ${header})
    set(unit ${PROJECT_BINARY_DIR}/headers/${unit}.cpp)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"fokker/${header}\"\n")
    list(APPEND units ${unit})
  endforeach()
endforeach()
add_library(fokker_headers OBJECT EXCLUDE_FROM_ALL ${units})
target_link_libraries(fokker_headers PRIVATE ${FOKKER_TARGETS})
