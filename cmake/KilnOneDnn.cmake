# oneDNN as kiln::onednn. Debian's own CMake package of it insists on OpenCL's headers, which a CPU
# build has no use for; so the header and the library are looked up directly. A oneDNN elsewhere:
# -DCMAKE_PREFIX_PATH=... Installed with Kiln, whose package needs it too.
find_path(ONEDNN_INCLUDE_DIR dnnl.hpp)
find_library(ONEDNN_LIBRARY dnnl)
if(NOT ONEDNN_INCLUDE_DIR OR NOT ONEDNN_LIBRARY)
  message(FATAL_ERROR "oneDNN was not found: install libdnnl-dev or set CMAKE_PREFIX_PATH")
endif()
if(NOT TARGET kiln::onednn)
  add_library(kiln::onednn INTERFACE IMPORTED)
  target_include_directories(kiln::onednn SYSTEM INTERFACE ${ONEDNN_INCLUDE_DIR})
  target_link_libraries(kiln::onednn INTERFACE ${ONEDNN_LIBRARY})
endif()
