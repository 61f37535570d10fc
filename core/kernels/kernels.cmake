# Every kernel source is compiled once an instruction set, with optimisation also in debug builds.  The objects become
# part of fokker_core, so that nothing more has to be installed.
set(FOKKER_KERNEL_UNITS elementwise binary reduce softmax gemm norm attention update random bf16)
set(FOKKER_KERNEL_ISAS baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND FOKKER_KERNEL_ISAS v3 v4)
endif()
set(FOKKER_KERNEL_FLAGS_v3 -march=x86-64-v3)
set(FOKKER_KERNEL_FLAGS_v4 -march=x86-64-v4 -mprefer-vector-width=512)

# fokker_kernels(TARGET): adds the objects to a library.
function(fokker_kernels target)
  set(units ${FOKKER_KERNEL_UNITS})
  list(TRANSFORM units PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/kernels/)
  list(TRANSFORM units APPEND .cpp)
  foreach(isa IN LISTS FOKKER_KERNEL_ISAS)
    add_library(fokker_kernels_${isa} OBJECT ${units})
    target_compile_features(fokker_kernels_${isa} PRIVATE cxx_std_20)
    target_include_directories(fokker_kernels_${isa} PRIVATE ${FOKKER_INCLUDE})
    target_link_libraries(fokker_kernels_${isa} PRIVATE fmt::fmt)
    target_compile_definitions(fokker_kernels_${isa} PRIVATE FOKKER_ISA=${isa})
    # Contraction is written out (fma), so that a value has the same bits wherever the compiler inlines a kernel.
    target_compile_options(fokker_kernels_${isa} PRIVATE -O2 -ffp-contract=off -fno-math-errno -fno-trapping-math
      ${FOKKER_KERNEL_FLAGS_${isa}})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:fokker_kernels_${isa}>)
  endforeach()
endfunction()
