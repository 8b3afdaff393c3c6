# `cmake --install` of the libraries, their headers and the CMake package kiln:
#   lib/cmake/kiln   kilnConfig.cmake; the targets of C (the shared library alone) and those of C++
#   include/kiln     kiln.h, and a folder for each layer, so that the one-way street holds there too
# The programs and what they read: apps/CMakeLists.txt.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kiln)
set(include_dir ${CMAKE_INSTALL_INCLUDEDIR}/kiln)

foreach(layer kernels engine models)
  install(TARGETS kiln_${layer} EXPORT kilnTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          INCLUDES DESTINATION ${include_dir}/${layer})
  set_target_properties(kiln_${layer} PROPERTIES EXPORT_NAME ${layer})
  install(DIRECTORY ${layer} DESTINATION ${include_dir}/${layer} FILES_MATCHING PATTERN *.h)
endforeach()
if(KILN_CUDA_MODE STREQUAL "EMULATED")  # for the tests, which install what they have built
  install(TARGETS kiln_cuda_emulation EXPORT kilnTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set_target_properties(kiln_cuda_emulation PROPERTIES EXPORT_NAME cuda_emulation)
endif()
install(TARGETS kiln_c EXPORT kilnCTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES apps/c_api/kiln.h DESTINATION ${include_dir})

install(EXPORT kilnTargets NAMESPACE kiln:: DESTINATION ${package_dir})
install(EXPORT kilnCTargets NAMESPACE kiln:: DESTINATION ${package_dir})
configure_package_config_file(cmake/kilnConfig.cmake.in kilnConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(kilnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kilnConfig.cmake ${PROJECT_BINARY_DIR}/kilnConfigVersion.cmake
              cmake/KilnLibraries.cmake
        DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
