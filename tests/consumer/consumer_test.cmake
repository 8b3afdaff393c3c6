# Installs a build, moves it elsewhere, and builds and runs applications against it as a stranger would.
#   BUILD    the build folder            SOURCE   the folder of the applications
#   WORK     a folder for this test      CXX, GENERATOR   the compiler and CMake generator to use
set(prefix ${WORK}/moved)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(ENV{OMP_NUM_THREADS} 1)  # small nets

# Runs a command in WORK; what it prints goes to `printed`.
function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE status
                  OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${status}\n${out}")
  endif()
  set(printed "${out}" PARENT_SCOPE)
endfunction()

function(expect text)
  string(FIND "${printed}" "${text}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "'${text}' is not in\n${printed}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
file(RENAME ${WORK}/installed ${prefix})

file(READ ${SOURCE}/../../README.md readme)
string(REGEX MATCH "```cpp\n([^`]*)```" block "${readme}")
file(WRITE ${WORK}/readme_example.cpp "${CMAKE_MATCH_1}")

foreach(application cpp c layers readme)
  run(${CMAKE_COMMAND} -S ${SOURCE}/${application} -B ${WORK}/${application} -G ${GENERATOR}
      -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${CXX} --no-warn-unused-cli
      -DEXAMPLE=${WORK}/readme_example.cpp
      "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror -pedantic-errors")
  run(${CMAKE_COMMAND} --build ${WORK}/${application})
endforeach()

run(${WORK}/readme/readme_example)

# The C++ application trains, the C application draws what the program `generate` draws.
run(${WORK}/cpp/train_shades shades.safetensors)
run(${WORK}/c/draw_images shades.safetensors 5 7 from_c)
expect("5 images of 6x4, the first:\n ")  # dark on the left: it has learned
run(${prefix}/bin/generate --model shades.safetensors --n 5 --seed 7 --out generated.npy)
set(header_bytes 128)
file(READ ${WORK}/from_c from_c HEX)
file(READ ${WORK}/generated.npy generated OFFSET ${header_bytes} HEX)
if(NOT from_c STREQUAL generated)
  message(FATAL_ERROR "C and generate draw different images")
endif()

# The programs find the data that were installed with them.
run(${prefix}/bin/mnist_gan --device cpu --max-steps 2 --out gan)
run(${prefix}/bin/evaluate --help)
expect("${prefix}/share/kiln/mnist")
expect("${prefix}/share/kiln/classifier/mnist.safetensors")
