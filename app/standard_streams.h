#pragma once

namespace dinoscope::app {

/// Opens those of stdin, stdout and stderr that the caller closed (as `>&-` does), before anything else is
/// opened: a file of ours would get their number, and be written into. What goes to a closed stdout fails, as
/// on a full disk.
void fillClosedStreams();

}  // namespace dinoscope::app
