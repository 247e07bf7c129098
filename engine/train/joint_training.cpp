#include "engine/train/joint_training.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

enum Number : std::int64_t { kEpochs, kSteps, kBadImages, kNumbers };

std::vector<at::Tensor> tensorsOf(Learner& learner) {
    std::vector<at::Tensor> tensors;
    Objective& objective = learner.objective();
    for (torch::nn::Module* module : {&objective.student(), &objective.teacher()}) {
        for (const at::Tensor& parameter : module->parameters())
            tensors.push_back(parameter);
        for (const at::Tensor& buffer : module->buffers())
            tensors.push_back(buffer);
    }
    for (const OptimizerState& state : learner.optimizer().state()) {
        for (const auto& [name, tensor] : state)
            tensors.push_back(tensor);
    }
    if (objective.centre().defined()) tensors.push_back(objective.centre());
    return tensors;
}

std::string nameOf(std::size_t rank) {
    return "process " + std::to_string(rank);
}

/// How the part ended in a process, as JSON: {"cancelled": true}, {"error": "…"} or {"said": […]}.
std::string outcomeOf(const std::exception_ptr& failure, const std::vector<Statement>& said) {
    nlohmann::json outcome;
    outcome["said"] = nlohmann::json::array();
    for (const Statement& statement : said)
        outcome["said"].push_back(statement.text);
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const Cancelled&) {
        outcome["cancelled"] = true;
    } catch (...) {
        outcome["error"] = currentError().what();
    }
    return outcome.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void compare(const std::vector<nlohmann::json>& outcomes, const std::vector<Statement>& said) {
    for (std::size_t rank = 1; rank < outcomes.size(); ++rank) {
        for (std::size_t i = 0; i < said.size(); ++i) {
            if (outcomes[rank]["said"] == outcomes[0]["said"]) break;
            if (i < outcomes[rank]["said"].size() && outcomes[rank]["said"][i] == outcomes[0]["said"][i])
                continue;
            throw Error(said[i].what + " are not those of process 0", nameOf(rank),
                        "start all processes with the same command, over the same images");
        }
    }
}

}  // namespace

void shareState(ProcessGroup& processes, Learner& learner, TrainingState& state) {
    at::Tensor numbers =
        at::tensor({state.position.epochs, state.position.steps, std::ssize(state.badImages)});
    processes.broadcast(std::array{numbers});
    const auto number = [&](Number which) { return numbers[which].item<std::int64_t>(); };
    state.position = {number(kEpochs), number(kSteps)};
    state.badImages.resize(static_cast<std::size_t>(number(kBadImages)));
    at::Tensor bad = at::tensor(state.badImages, at::kLong);
    processes.broadcast(std::array{bad});
    std::copy_n(bad.data_ptr<std::int64_t>(), state.badImages.size(), state.badImages.begin());
    processes.broadcast(tensorsOf(learner));
}

void agreeToGoOn(ProcessGroup& processes, const JobControl& control) {
    if (processes.any(control.isCancelled())) throw Cancelled();
}

std::vector<std::int64_t> shareBadImages(ProcessGroup& processes, const std::vector<std::int64_t>& images) {
    std::set<std::int64_t> all;
    for (const std::string& text : processes.gather(nlohmann::json(images).dump())) {
        const auto ofOne = nlohmann::json::parse(text).get<std::vector<std::int64_t>>();
        all.insert(ofOne.begin(), ofOne.end());
    }
    return {all.begin(), all.end()};
}

void together(ProcessGroup& processes, const std::function<std::vector<Statement>()>& part) {
    std::exception_ptr failure;
    std::vector<Statement> said;
    try {
        said = part();
    } catch (...) {
        failure = std::current_exception();
    }
    std::vector<nlohmann::json> outcomes;
    for (const std::string& text : processes.gather(outcomeOf(failure, said)))
        outcomes.push_back(nlohmann::json::parse(text));
    if (failure) std::rethrow_exception(failure);
    for (std::size_t rank = 0; rank < outcomes.size(); ++rank) {
        if (outcomes[rank].contains("cancelled")) throw Cancelled();
        if (outcomes[rank].contains("error"))
            throw Error("it cannot take part: " + outcomes[rank]["error"].get<std::string>(), nameOf(rank));
    }
    compare(outcomes, said);
}

}  // namespace dinoscope
