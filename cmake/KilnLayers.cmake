# The one-way street kernels <- engine <- models. A layer's headers are found through an include
# folder that holds that layer alone, so a layer can include only what it links.
function(kiln_layer name)
  set(layer ${PROJECT_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${layer})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${name} ${layer}/${name} SYMBOLIC)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  add_library(kiln_${name} STATIC ${sources})
  add_library(kiln::${name} ALIAS kiln_${name})
  target_include_directories(kiln_${name} PUBLIC $<BUILD_INTERFACE:${layer}>)
  target_compile_features(kiln_${name} PUBLIC cxx_std_20)
  target_link_libraries(kiln_${name} PRIVATE $<BUILD_INTERFACE:kiln_flags>)
endfunction()
