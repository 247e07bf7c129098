#include "engine/train/joint_training.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>

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

/// Reasons may hold the names of files, which need not be text.
std::string toText(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string nameOf(std::size_t rank) {
    return "process " + std::to_string(rank);
}

/// How the part ended in a process: {"cancelled": true}, {"error": "…"} or {"said": […]}.
nlohmann::json outcomeOf(const std::exception_ptr& failure, const std::vector<Statement>& said) {
    nlohmann::json outcome{{"said", nlohmann::json::array()}};
    for (const Statement& statement : said)
        outcome["said"].push_back(statement.value);
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const Cancelled&) {
        outcome["cancelled"] = true;
    } catch (...) {
        outcome["error"] = currentError().what();
    }
    return outcome;
}

void compare(const std::vector<nlohmann::json>& outcomes, const std::vector<Statement>& said) {
    for (std::size_t rank = 1; rank < outcomes.size(); ++rank) {
        for (std::size_t i = 0; i < said.size(); ++i) {
            const auto there = outcomes[rank]["said"].at(i).get<std::string>();
            const auto first = outcomes[0]["said"].at(i).get<std::string>();
            if (there == first) continue;
            throw Error("its " + said[i].what + " is '" + there + "', and that of process 0 '" + first + "'",
                        nameOf(rank), "start all processes with the same command, over the same images");
        }
    }
}

/// Throws what `failure` is, or what the outcomes of the others say.
void conclude(const std::exception_ptr& failure, const std::vector<nlohmann::json>& outcomes,
              const std::vector<Statement>& said) {
    if (failure) std::rethrow_exception(failure);
    for (std::size_t rank = 0; rank < outcomes.size(); ++rank) {
        if (outcomes[rank].contains("cancelled")) throw Cancelled();
        if (outcomes[rank].contains("error"))
            throw Error("it cannot take part: " + outcomes[rank]["error"].get<std::string>(), nameOf(rank));
    }
    compare(outcomes, said);
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

void agreeToGoOn(ProcessGroup& processes, bool wantsToStop) {
    if (processes.any(wantsToStop)) throw Cancelled();
}

std::vector<BadImage> gatherBadImages(ProcessGroup& processes, const std::vector<BadImage>& found) {
    nlohmann::json mine = nlohmann::json::array();
    for (const BadImage& bad : found)
        mine.push_back({bad.image, bad.reason, bad.isMissing});
    const std::vector<std::string> texts = processes.gather(toText(mine));
    std::vector<BadImage> elsewhere;
    for (std::size_t rank = 0; rank < texts.size(); ++rank) {
        if (rank == static_cast<std::size_t>(processes.rank())) continue;
        for (const nlohmann::json& bad : nlohmann::json::parse(texts[rank]))
            elsewhere.push_back({bad.at(0), bad.at(1), bad.at(2)});
    }
    return elsewhere;
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
    for (const std::string& text : processes.gather(toText(outcomeOf(failure, said))))
        outcomes.push_back(nlohmann::json::parse(text));
    if (processes.place().isFirst()) return conclude(failure, outcomes, said);
    try {
        conclude(failure, outcomes, said);
    } catch (const UsageError& error) {
        throw ToldByFirst(error, true);
    } catch (const Error& error) {
        throw ToldByFirst(error, false);
    }
}

}  // namespace dinoscope
