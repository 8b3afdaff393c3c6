// SPDX-License-Identifier: MIT
// The choices of GemmBackend::measured on disk: a text file for a kind of GPU and a driver, one
// gemm_choice_line() a line, where lines that begin with '#' are comments. No error here ends a
// program: without its file it measures again.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/gemm_choice.h"

namespace kiln::kernels {

// gemm-NAME-smXY-driverX.Y-vN.txt in $KILN_CACHE_DIR, or else $XDG_CACHE_HOME/kiln, or else
// $HOME/.cache/kiln; empty if none of them is set. driver: CUDA's 1000 major + 10 minor. N is
// raised when the format or the kernels change so that old choices are worth nothing.
std::string gemm_choice_path(const std::string& gpu, int major, int minor, int driver);

struct GemmChoiceFile {
  GemmChoices choices;            // of two lines for a product the first counts
  std::size_t ignored_lines = 0;  // that are not ones
};
// Empty if the file cannot be read.
GemmChoiceFile read_gemm_choices(const std::string& path);

// Adds to the file those of `choices` that it lacks: the first to measure decides, so other
// processes' choices stay. Makes the folder; the file is replaced as a whole, so a reader finds the
// old one or the new one. Returns what went wrong, empty if nothing did.
std::string add_to_gemm_choices(const std::string& path, const GemmChoices& choices);

}  // namespace kiln::kernels
