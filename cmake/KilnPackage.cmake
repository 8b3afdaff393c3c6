# `cpack -G DEB`: what `cmake --install` installs, as a Debian package. It runs on CPUs like the one
# it was built on unless KILN_PORTABLE is ON.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kiln)
set(CPACK_PACKAGE_CONTACT "The Kiln authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
# Shared libraries as dpkg-shlibdeps (of dpkg-dev) finds them; the others are for find_package(kiln)
# in a project of C++.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS
    "g++, cmake, libdnnl-dev, zlib1g-dev, libdeflate-dev, libpng-dev, nlohmann-json3-dev, libfmt-dev")
include(CPack)
