# oneDNN as kiln::onednn. Debian's own CMake package of it insists on OpenCL's headers, which a CPU
# build has no use for; so the header and the library are looked up directly. A oneDNN elsewhere:
# -DCMAKE_PREFIX_PATH=...
find_path(ONEDNN_INCLUDE_DIR dnnl.hpp)
find_library(ONEDNN_LIBRARY dnnl)
if(NOT ONEDNN_INCLUDE_DIR OR NOT ONEDNN_LIBRARY)
  message(FATAL_ERROR "oneDNN was not found: install libdnnl-dev or set CMAKE_PREFIX_PATH")
endif()
add_library(kiln_onednn INTERFACE)
add_library(kiln::onednn ALIAS kiln_onednn)
target_include_directories(kiln_onednn SYSTEM INTERFACE ${ONEDNN_INCLUDE_DIR})
target_link_libraries(kiln_onednn INTERFACE ${ONEDNN_LIBRARY})
