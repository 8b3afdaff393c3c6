# scripts/bench with options that cannot be meant: one line on stderr, exit code 2, nothing built or
# written. SCRIPT: its path; WORK: a folder for this test.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

function(expect_refused words)
  execute_process(COMMAND ${SCRIPT} --build ${WORK}/build --report ${WORK}/report.md ${ARGN}
                  RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT status EQUAL 2 OR NOT err STREQUAL "bench: error: ${words}\n" OR NOT out STREQUAL "")
    message(FATAL_ERROR "${ARGN}: exit code ${status}, words\n${out}${err}")
  endif()
  if(EXISTS ${WORK}/build OR EXISTS ${WORK}/report.md)
    message(FATAL_ERROR "${ARGN}: something was built or written")
  endif()
endfunction()

expect_refused("option '--fast' is unknown, see --help" --fast)
expect_refused("--rounds wants a number of at least 1, not '0'" --rounds 0)
expect_refused("--rounds wants a value" --rounds)
expect_refused(
  "--torch ${WORK}: no LibTorch is there (include/torch/csrc/api/include/torch/torch.h)" --torch ${WORK})
