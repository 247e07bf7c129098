#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "engine/api/core.h"

namespace dinoscope::app {

/// Exit statuses, a contract with scripts.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kInterrupted = 130;

/// One `dino` command: its part of the command line, and what it does. run() gets the job's control, writes
/// its results to stdout and returns the exit status; Errors it throws are told by the caller.
struct Command {
    CLI::App* parser = nullptr;
    std::function<int(JobControl&)> run;
    const bool* json = nullptr;       ///< whether --json was given
    std::function<bool()> isQuiet{};  ///< whether another process shows the progress; empty: it does not
};

Command addAttendCommand(CLI::App& program);
Command addExportCommand(CLI::App& program);
Command addFetchCommand(CLI::App& program);
Command addIndexCommand(CLI::App& program);
Command addInfoCommand(CLI::App& program);
Command addNeighboursCommand(CLI::App& program);
Command addKnnCommand(CLI::App& program);
Command addLinearCommand(CLI::App& program);
Command addTrainCommand(CLI::App& program);
Command addVideoCommand(CLI::App& program);

/// The words of `dino train …` with what belongs to a line of main_dino.py made fit; tells on stderr what was
/// passed over.
std::vector<std::string> adaptTrainLine(const std::vector<std::string>& arguments);

}  // namespace dinoscope::app
