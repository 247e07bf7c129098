#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "engine/api/catalogue.h"

namespace dinoscope::app {

namespace {

struct FetchArguments {
    std::string name;
    std::string address;
    bool json = false;
};

int runFetch(const FetchArguments& arguments, JobControl& control) {
    if (arguments.name.empty()) throw UsageError("no checkpoint is named", {}, "see dino info --list");
    const std::filesystem::path file = api::fetchWeights(arguments.name, arguments.address, control);
    if (arguments.json) {
        const nlohmann::ordered_json document{{"name", arguments.name}, {"file", file.string()}};
        std::cout << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
    } else {
        std::cout << file.string() << '\n';
    }
    return kDone;
}

}  // namespace

Command addFetchCommand(CLI::App& program) {
    CLI::App* parser = program.add_subcommand("fetch", "Download a public checkpoint, for -w NAME to find");
    auto arguments = std::make_shared<FetchArguments>();
    parser->add_option("name", arguments->name, "as `dino info --list` has it")->type_name("NAME");
    parser->add_option("--address", arguments->address, "a mirror to fetch it from")->type_name("URL");
    parser->add_flag("--json", arguments->json, "one JSON document on stdout");
    return {parser, [arguments](JobControl& control) { return runFetch(*arguments, control); },
            &arguments->json};
}

}  // namespace dinoscope::app
