# scripts/gpu_check on a machine whose driver sees no GPU, played by a nvidia-smi of ours: one line on
# stderr, exit code 3, and nothing built. SCRIPT: its path; WORK: a folder for this test.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/bin)
file(WRITE ${WORK}/bin/nvidia-smi "#!/bin/sh\necho 'No devices were found'\nexit 6\n")
file(CHMOD ${WORK}/bin/nvidia-smi PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(ENV{PATH} "${WORK}/bin:$ENV{PATH}")
execute_process(COMMAND ${SCRIPT} --build ${WORK}/build --report ${WORK}/report.md
                RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT status EQUAL 3)
  message(FATAL_ERROR "exit code ${status} instead of 3\n${out}${err}")
endif()
if(NOT err STREQUAL
   "gpu_check: error: no NVIDIA GPU on this machine: nvidia-smi says: No devices were found\n" OR NOT out STREQUAL "")
  message(FATAL_ERROR "unexpected words\n${out}${err}")
endif()
if(EXISTS ${WORK}/build OR EXISTS ${WORK}/report.md)
  message(FATAL_ERROR "something was built or written")
endif()
