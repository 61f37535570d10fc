# The include prefix: <build>/include/fokker is a link to the source root, so that "fokker/sde/vp.h"
# names sde/vp.h in the build tree exactly as it does in an installation.
set(FOKKER_INCLUDE ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${FOKKER_INCLUDE})
if(NOT EXISTS ${FOKKER_INCLUDE}/fokker)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR} ${FOKKER_INCLUDE}/fokker SYMBOLIC)
endif()

# fokker_in_folders(OUT a/ x y b/ z …): the list a/x a/y b/z … in OUT; "./" is the folder itself.
function(fokker_in_folders out)
  set(folder "")
  set(paths "")
  foreach(item IN LISTS ARGN)
    if(item MATCHES "/$")
      string(REGEX REPLACE "^\\./$" "" folder ${item})
    else()
      list(APPEND paths ${folder}${item})
    endif()
  endforeach()
  set(${out} ${paths} PARENT_SCOPE)
endfunction()

# fokker_layer(NAME UNITS a b … DEPENDS …): the library fokker_NAME of the units a.{h,cpp}, b.{h,cpp}, …
# "FOLDER/" among the units names the folder of those behind it.  A unit may be a header alone.  DEPENDS are public.
function(fokker_layer name)
  cmake_parse_arguments(ARG "" "" "UNITS;DEPENDS" ${ARGN})
  fokker_in_folders(units ${ARG_UNITS})
  set(sources "")
  foreach(unit IN LISTS units)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${unit}.cpp)
      list(APPEND sources ${unit}.cpp)
    elseif(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${unit}.h)
      message(FATAL_ERROR "layer ${name}: neither ${unit}.h nor ${unit}.cpp exists")
    endif()
  endforeach()
  add_library(fokker_${name} STATIC ${sources})
  add_library(fokker::${name} ALIAS fokker_${name})
  set_target_properties(fokker_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(fokker_${name} PUBLIC cxx_std_20)
  target_include_directories(fokker_${name} PUBLIC
    $<BUILD_INTERFACE:${FOKKER_INCLUDE}> $<INSTALL_INTERFACE:include>)
  target_link_libraries(fokker_${name} PUBLIC ${ARG_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY FOKKER_LAYERS ${name})
endfunction()

# fokker_install_shipped(DESTINATION …): the configs and data of experiments/ in their folders; further arguments go to
# install().
function(fokker_install_shipped destination)
  set(root ${PROJECT_SOURCE_DIR}/experiments)
  file(GLOB_RECURSE files RELATIVE ${root} CONFIGURE_DEPENDS ${root}/*.toml ${root}/*.h5)
  foreach(file IN LISTS files)
    cmake_path(GET file PARENT_PATH folder)
    install(FILES ${root}/${file} DESTINATION ${destination}/${folder} ${ARGN})
  endforeach()
endfunction()
