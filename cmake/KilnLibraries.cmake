# Libraries without a CMake package of use: Debian's of oneDNN insists on OpenCL's headers, which a CPU
# build has no need of, and libdeflate's came with its version 1.15. So header and library are looked up
# directly; elsewhere than in the system's folders: -DCMAKE_PREFIX_PATH=... Installed with Kiln, whose
# package needs them too.
function(kiln_find_library target prefix header library package)
  find_path(${prefix}_INCLUDE_DIR ${header})
  find_library(${prefix}_LIBRARY ${library})
  if(NOT ${prefix}_INCLUDE_DIR OR NOT ${prefix}_LIBRARY)
    message(FATAL_ERROR "${library} was not found: install ${package} or set CMAKE_PREFIX_PATH")
  endif()
  if(NOT TARGET ${target})
    add_library(${target} INTERFACE IMPORTED)
    target_include_directories(${target} SYSTEM INTERFACE ${${prefix}_INCLUDE_DIR})
    target_link_libraries(${target} INTERFACE ${${prefix}_LIBRARY})
  endif()
endfunction()

kiln_find_library(kiln::onednn ONEDNN dnnl.hpp dnnl libdnnl-dev)
kiln_find_library(kiln::deflate DEFLATE libdeflate.h deflate libdeflate-dev)
