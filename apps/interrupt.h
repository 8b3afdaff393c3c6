// SPDX-License-Identifier: MIT
// Ctrl-C and SIGTERM as a request to stop after the current step. A second Ctrl-C kills.
#pragma once

namespace kiln::apps {

// To be called before there are other threads: one that is there already would take the signal.
void watch_for_interrupt();
bool interrupted();

}  // namespace kiln::apps
