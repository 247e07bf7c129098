#pragma once

namespace dinoscope {

/// What fills the middle of the workspace.
enum class TrainPage { SetUp, Watch, Learn, Runs };

}  // namespace dinoscope
