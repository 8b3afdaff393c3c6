# Options of the build, and the compiler flags that every target shares.
set(KILN_CUDA AUTO CACHE STRING "CUDA: AUTO (nvcc where it is found), ON, OFF, EMULATED (on the CPU, for tests)")
set_property(CACHE KILN_CUDA PROPERTY STRINGS AUTO ON OFF EMULATED)
option(KILN_PORTABLE "Build for any CPU of this architecture instead of this machine's" OFF)
option(KILN_OPENMP "Use several CPU threads" ON)
option(KILN_APPS "Build the executables of apps/" ON)
option(KILN_BENCH "Build the benchmarks of bench/" OFF)
option(KILN_BENCH_LIBTORCH "Build the benchmarks of LibTorch, found by Torch_DIR, too; needs KILN_BENCH" OFF)
option(KILN_FUZZ "Build the programs of tests/fuzz for libFuzzer, in place of the tests; needs Clang" OFF)
option(KILN_WERROR "Treat warnings as errors" OFF)
set(KILN_SANITIZE "" CACHE STRING "Sanitizers of the whole build, as in -fsanitize=: address,undefined or thread")
if(KILN_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "KILN_FUZZ needs Clang and its libFuzzer, this is ${CMAKE_CXX_COMPILER_ID}: "
                        "set CMAKE_CXX_COMPILER=clang++ or use the preset fuzz")
  endif()
  set(KILN_SANITIZE fuzzer-no-link,address,undefined)  # what the fuzzer watches; it is linked by tests/fuzz
endif()

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# A oneDNN or CUDA outside the system's folders is found, once installed, where it was linked.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

add_library(kiln_flags INTERFACE)
target_compile_options(kiln_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -fno-math-errno -fno-trapping-math>
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra>)
if(KILN_WERROR)
  target_compile_options(kiln_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Werror> $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
endif()
if(NOT KILN_OPENMP)
  target_compile_options(kiln_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp-simd>)
endif()
if(NOT KILN_PORTABLE)
  target_compile_options(kiln_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=native>)
endif()
# A program carries what it calls, not the whole library.
if(NOT KILN_SANITIZE AND NOT APPLE)
  target_compile_options(kiln_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-ffunction-sections;-fdata-sections>)
  target_link_options(kiln_flags INTERFACE LINKER:--gc-sections)
endif()
if(KILN_SANITIZE)
  # Of everything, the emulated device included: it tells them about fibers and device memory.
  string(APPEND CMAKE_CXX_FLAGS
         " -fsanitize=${KILN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1")
endif()
