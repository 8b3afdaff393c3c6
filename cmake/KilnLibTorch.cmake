# LibTorch as kiln::libtorch, from Torch_DIR (…/share/cmake/Torch) or TORCH_ROOT, the folder that
# holds its include and lib. Its own CMake package wants nvcc, and of the very version that LibTorch
# was built with; the C++ API needs no more than headers and libraries, so they are looked up directly.
# KILN_LIBTORCH_CUDA says whether it is a CUDA build and CUDA's headers are at hand.
if(Torch_DIR AND NOT TORCH_ROOT)
  get_filename_component(TORCH_ROOT ${Torch_DIR}/../../.. ABSOLUTE)
endif()
find_path(LIBTORCH_INCLUDE_DIR torch/csrc/api/include/torch/torch.h
          HINTS ${TORCH_ROOT} PATH_SUFFIXES include)
set(libraries)
foreach(name torch torch_cpu c10)
  find_library(LIBTORCH_${name} ${name} HINTS ${TORCH_ROOT}/lib)
  list(APPEND libraries ${LIBTORCH_${name}})
endforeach()
if(NOT LIBTORCH_INCLUDE_DIR OR libraries MATCHES "NOTFOUND")
  message(FATAL_ERROR "LibTorch was not found: set Torch_DIR, or TORCH_ROOT to the folder of its include and lib")
endif()
find_library(LIBTORCH_torch_cuda torch_cuda HINTS ${TORCH_ROOT}/lib)
find_library(LIBTORCH_c10_cuda c10_cuda HINTS ${TORCH_ROOT}/lib)
find_package(CUDAToolkit QUIET)
set(KILN_LIBTORCH_CUDA OFF)

add_library(kiln_libtorch INTERFACE)
add_library(kiln::libtorch ALIAS kiln_libtorch)
if(LIBTORCH_torch_cuda AND LIBTORCH_c10_cuda)
  # Nothing refers to a symbol of torch_cuda: it registers itself when it is loaded.
  list(APPEND libraries ${LIBTORCH_c10_cuda} -Wl,--no-as-needed ${LIBTORCH_torch_cuda} -Wl,--as-needed)
  if(CUDAToolkit_FOUND)
    set(KILN_LIBTORCH_CUDA ON)
    target_include_directories(kiln_libtorch SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
    target_compile_definitions(kiln_libtorch INTERFACE KILN_LIBTORCH_CUDA=1)
  endif()
endif()
target_include_directories(kiln_libtorch SYSTEM INTERFACE
  ${LIBTORCH_INCLUDE_DIR} ${LIBTORCH_INCLUDE_DIR}/torch/csrc/api/include)
# The libraries that LibTorch needs in turn are found at run time, by its own search path.
target_link_libraries(kiln_libtorch INTERFACE
  ${libraries} -Wl,--unresolved-symbols=ignore-in-shared-libs)
message(STATUS "Kiln: LibTorch in ${LIBTORCH_INCLUDE_DIR}, CUDA ${KILN_LIBTORCH_CUDA}")
