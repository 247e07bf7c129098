#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/cli_options.h"
#include "app/command.h"
#include "app/interrupt.h"
#include "app/standard_streams.h"
#include "app/terminal_progress.h"

namespace {

using namespace dinoscope;
using namespace dinoscope::app;

/// One line on stderr, and with --json the same as a document on stdout.
void tell(const Error& error, bool json) {
    std::cerr << "dino: " << printable(error.what(), std::string_view(error.what()).size()) << '\n';
    if (!json) return;
    const nlohmann::ordered_json document{
        {"error", {{"what", error.problem()}, {"where", error.where()}, {"remedy", error.remedy()}}}};
    std::cout << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

/// CLI11 would say of a misspelt command that there is none.
void refuseUnknown(const std::vector<std::string>& arguments, const std::vector<Command>& commands) {
    if (arguments.empty() || arguments.front().starts_with('-')) return;
    const bool known = std::any_of(commands.begin(), commands.end(), [&](const Command& command) {
        return command.parser->get_name() == arguments.front();
    });
    if (!known) throw UsageError("there is no command '" + arguments.front() + "'", {}, "see --help");
}

int runCommand(const Command& command, JobControl& control) {
    int status = kDone;
    bool isQuiet = false;
    Job job;
    job.name = command.parser->get_name();
    job.run = [&](JobControl& running) {
        isQuiet = command.isQuiet && command.isQuiet();
        std::optional<TerminalProgress> progress;
        if (!isQuiet) progress.emplace(running);
        status = command.run(running);
        std::cout.flush();
        // Some results are printed by the one, some by the other.
        if (std::fflush(stdout) != 0 || std::ferror(stdout) || !std::cout)
            throw Error("the results cannot be written", "stdout", "check where they go");
    };
    const JobResult result = runJob(job, control);
    if (result.outcome == JobOutcome::Cancelled) {
        if (!isQuiet) std::cerr << "dino: interrupted\n";
        return kInterrupted;
    }
    if (result.outcome == JobOutcome::Failed) {
        // Of several processes the first speaks on stdout.
        tell(*result.error, *command.json && !isQuiet);
        return result.isWrongUsage ? kWrongUsage : kFailed;
    }
    return status;
}

int runProgram(int count, char** values) {
    const std::vector<std::string> arguments = joinReferenceWords({values + 1, values + count});
    // Wrong usage is told as JSON too, where it was asked for.
    const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    // A file that grows past a limit is then an error of write(), which has its sentence.
    std::signal(SIGXFSZ, SIG_IGN);
    // So is a reader that has gone: no reason to lose the steps of a training. Results that nobody takes are
    // told at the end.
    std::signal(SIGPIPE, SIG_IGN);
    JobControl control;
    const InterruptHandler interrupts(control);
    log::start(log::defaultFile(), log::Level::Error);

    CLI::App program("Look inside self-supervised Vision Transformers", "dino");
    program.set_version_flag("--version", "dino " DINOSCOPE_VERSION);
    program.require_subcommand(1);
    const std::vector<Command> commands{addAttendCommand(program),     addTrainCommand(program),
                                        addExportCommand(program),     addInfoCommand(program),
                                        addFetchCommand(program),      addIndexCommand(program),
                                        addNeighboursCommand(program), addKnnCommand(program),
                                        addLinearCommand(program),     addVideoCommand(program)};
    // Behind the commands, which would take it over.
    program.footer("`dino COMMAND --help` tells a command's options.");
    try {
        refuseUnknown(arguments, commands);
        if (!parseArguments(program, adaptTrainLine(arguments))) return kDone;
    } catch (const Error& error) {
        tell(error, json);
        return kWrongUsage;
    }
    const auto chosen = std::find_if(commands.begin(), commands.end(),
                                     [](const Command& command) { return command.parser->parsed(); });
    return runCommand(*chosen, control);
}

}  // namespace

int main(int count, char** values) {
    fillClosedStreams();
    const int status = runProgram(count, values);
#ifndef __SANITIZE_ADDRESS__
    // All is written and all threads of ours have ended. LibTorch's own clearing up, an entry of its tables
    // after the other, would take a tenth of a second.
    std::cout.flush();
    std::_Exit(status);
#endif
    return status;
}
