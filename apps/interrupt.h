// SPDX-License-Identifier: MIT
// Ctrl-C and SIGTERM as a request to stop after the current step. A second Ctrl-C kills.
#pragma once

namespace kiln::apps {

void watch_for_interrupt();
bool interrupted();

}  // namespace kiln::apps
