#include "engine/train/training_checkpoint.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include "engine/base/mapped_file.h"
#include "engine/train/run/train_options.h"
#include "engine/weights/load.h"
#include "engine/weights/save.h"
#include "engine/weights/torch_file.h"
#include "engine/weights/training_checkpoint_format.h"
#include "engine/weights/zip_archive.h"

namespace dinoscope {

namespace {

constexpr const char* kStudentPrefix = "module.";

/// In the order of registration, which is the reference's.
TorchValue stateDictValue(const torch::nn::Module& module, const std::string& prefix) {
    TorchValue::Entries entries;
    for (const auto& item : module.named_parameters())
        entries.emplace_back(prefix + item.key(), tensorValue(item.value()));
    for (const auto& item : module.named_buffers())
        entries.emplace_back(prefix + item.key(), tensorValue(item.value()));
    return TorchValue::orderedDict(std::move(entries));
}

/// Weights that decay first, then the others: the groups of main_dino.py.
std::vector<std::size_t> savedOrder(const Optimizer& optimizer) {
    std::vector<std::size_t> order;
    for (const bool regularised : {true, false}) {
        for (std::size_t i = 0; i < optimizer.parameters().size(); ++i) {
            if (isRegularised(optimizer.parameters()[i]) == regularised) order.push_back(i);
        }
    }
    return order;
}

TorchValue::Entries groupEntries(const std::string& optimizer, double rate, double decay) {
    TorchValue::Entries entries{{"lr", rate}, {"weight_decay", decay}};
    const auto add = [&](const char* key, TorchValue value) { entries.emplace_back(key, std::move(value)); };
    if (optimizer == "adamw") {
        add("betas", TorchValue::tuple({0.9, 0.999}));
        add("eps", 1e-8);
        add("amsgrad", false);
        add("decoupled_weight_decay", true);
    } else {
        add("momentum", 0.9);
        if (optimizer == "lars") add("eta", 0.001);
        if (optimizer == "sgd") {
            add("dampening", 0);
            add("nesterov", false);
        }
    }
    if (optimizer == "lars") {
        add("weight_decay_filter", TorchValue());
        add("lars_adaptation_filter", TorchValue());
        return entries;
    }
    add("maximize", false);
    add("foreach", TorchValue());
    add("capturable", false);
    add("differentiable", false);
    add("fused", TorchValue());
    return entries;
}

TorchValue optimizerValue(const Optimizer& optimizer, const std::string& name, const StepSettings& last) {
    const std::vector<std::size_t> order = savedOrder(optimizer);
    const std::vector<OptimizerState> states = optimizer.state();
    TorchValue::Entries state;
    TorchValue::Items groups[2];
    for (std::size_t number = 0; number < order.size(); ++number) {
        const std::size_t parameter = order[number];
        TorchValue::Entries tensors;
        for (const auto& [key, tensor] : states[parameter])
            tensors.emplace_back(key, tensorValue(tensor));
        const auto index = static_cast<std::int64_t>(number);
        state.emplace_back(index, TorchValue::dict(std::move(tensors)));
        groups[isRegularised(optimizer.parameters()[parameter]) ? 0 : 1].push_back(index);
    }
    TorchValue::Items groupValues;
    for (int group = 0; group < 2; ++group) {
        TorchValue::Entries entries =
            groupEntries(name, last.learningRate, group == 0 ? last.weightDecay : 0);
        entries.emplace_back("params", TorchValue::list(std::move(groups[group])));
        groupValues.push_back(TorchValue::dict(std::move(entries)));
    }
    return TorchValue::dict({{"state", TorchValue::dict(std::move(state))},
                             {"param_groups", TorchValue::list(std::move(groupValues))}});
}

TorchValue argumentValue(const OptionValue& value) {
    if (const auto* pair = std::get_if<RealPair>(&value))
        return TorchValue::list({pair->first, pair->second});
    if (const auto* flag = std::get_if<bool>(&value)) return *flag;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return formatOptionValue(value);
}

TorchValue argumentsValue(const OptionValues& options) {
    TorchValue::Entries entries;
    for (const auto& [name, value] : referenceArguments(options))
        entries.emplace_back(name, argumentValue(value));
    return TorchValue::dict(std::move(entries));
}

TorchValue ownValue(const TrainingState& state) {
    TorchValue::Items bad(state.badImages.begin(), state.badImages.end());
    return TorchValue::dict({{"format", kTrainingFormat},
                             {"version", DINOSCOPE_VERSION},
                             {"epochs", state.position.epochs},
                             {"steps", state.position.steps},
                             {"bad_images", TorchValue::list(std::move(bad))}});
}

/// A checkpoint that is being read.
class Reader {
public:
    explicit Reader(const std::filesystem::path& file)
        : name_(file.string()), mapping_(file), torch_(open()), root_(torch_.tree().root()) {}

    PickleValue at(const PickleValue& dict, std::string_view key) const {
        if (dict.is(PickleKind::Dict)) {
            if (const auto found = dict.find(key)) return *found;
        }
        throw Error("the checkpoint has no '" + std::string(key) + "'", name_,
                    "resume from a checkpoint that dino train wrote");
    }
    PickleValue at(std::string_view key) const { return at(root_, key); }
    const PickleValue& root() const { return root_; }

    std::int64_t integer(const PickleValue& dict, std::string_view key) const {
        const PickleValue value = at(dict, key);
        if (!value.is(PickleKind::Int)) throw Error("'" + std::string(key) + "' is no number", name_, {});
        return value.integer();
    }

    /// Copies a tensor into place.
    void copy(const PickleValue& dict, const std::string& key, const at::Tensor& target) const {
        const PickleValue value = at(dict, key);
        if (!value.is(PickleKind::Tensor)) throw Error("'" + key + "' is no tensor", name_, {});
        const at::Tensor found = copyOf(torch_.view(value.tensor(), key));
        if (found.sizes() != target.sizes()) {
            throw Error("tensor " + key + " has another shape than these options ask for", name_,
                        "resume with the options the run was started with");
        }
        at::Tensor(target).copy_(found);
    }

    const std::string& name() const { return name_; }

private:
    TorchFile open() const {
        if (TorchFile::looksLikeLegacy(mapping_.bytes())) {
            throw Error("this is no checkpoint of a training", name_,
                        "remove it, and resume from the one before");
        }
        if (!TorchFile::looksLikeZip(mapping_.bytes())) fail("it does not begin as one");
        try {
            ZipArchive(mapping_.bytes(), name_).verify();
            return TorchFile::openZip(mapping_.bytes(), name_);
        } catch (const Error& error) {
            fail(error.problem());
        }
    }

    [[noreturn]] void fail(const std::string& problem) const {
        throw DamagedCheckpoint("the checkpoint cannot be read: " + problem, name_,
                                "restore it from a copy, or start a run in another folder");
    }

    std::string name_;
    MappedFile mapping_;
    TorchFile torch_;
    PickleValue root_;
};

void loadModule(const Reader& reader, const char* key, const std::string& prefix, torch::nn::Module& module) {
    const PickleValue dict = reader.at(key);
    for (const auto& [name, target] : stateDict(module))
        reader.copy(dict, prefix + name, target);
}

void loadOptimizer(const Reader& reader, Optimizer& optimizer) {
    const PickleValue states = reader.at(reader.at("optimizer"), "state");
    const std::vector<std::size_t> order = savedOrder(optimizer);
    if (!states.is(PickleKind::Dict) || states.size() != order.size()) {
        throw Error("the optimizer's state is not that of these options", reader.name(),
                    "resume with the options the run was started with");
    }
    const std::vector<OptimizerState> own = optimizer.state();
    for (std::size_t i = 0; i < states.size(); ++i) {
        const PickleValue key = states.key(i);
        if (!key.is(PickleKind::Int) || key.integer() < 0 || std::size_t(key.integer()) >= order.size())
            throw Error("the optimizer's state is damaged", reader.name(), "resume from another checkpoint");
        for (const auto& [name, target] : own[order[std::size_t(key.integer())]])
            reader.copy(states.value(i), name, target);
    }
}

}  // namespace

void saveTraining(const std::filesystem::path& file, Learner& learner, const StepSettings& last,
                  const TrainingState& state, const OptionValues& options) {
    Objective& objective = learner.objective();
    const bool teacherIsWrapped = !objective.teacher().buffers().empty();
    TorchValue::Entries entries{
        {"student", stateDictValue(objective.student(), kStudentPrefix)},
        {"teacher", stateDictValue(objective.teacher(), teacherIsWrapped ? kStudentPrefix : "")},
        {"optimizer", optimizerValue(learner.optimizer(), options.text("optimizer"), last)},
        {"epoch", state.position.epochs},
        {"args", argumentsValue(options)}};
    if (objective.centre().defined()) {
        entries.emplace_back("dino_loss",
                             TorchValue::orderedDict({{"center", tensorValue(objective.centre())}}));
    }
    entries.emplace_back("dinoscope", ownValue(state));
    writeTorchFile(file, TorchValue::dict(std::move(entries)));
}

TrainingState loadTraining(const std::filesystem::path& file, Learner& learner) {
    const at::NoGradGuard guard;
    const Reader reader(file);
    refuseNewerTraining(reader.root(), reader.name());
    const PickleValue own = reader.at("dinoscope");
    Objective& objective = learner.objective();
    loadModule(reader, "student", kStudentPrefix, objective.student());
    const bool teacherIsWrapped = !objective.teacher().buffers().empty();
    loadModule(reader, "teacher", teacherIsWrapped ? kStudentPrefix : "", objective.teacher());
    loadOptimizer(reader, learner.optimizer());
    if (objective.centre().defined()) reader.copy(reader.at("dino_loss"), "center", objective.centre());
    TrainingState state;
    state.position = {reader.integer(own, "epochs"), reader.integer(own, "steps")};
    const PickleValue bad = reader.at(own, "bad_images");
    for (std::size_t i = 0; i < bad.size() && bad.is(PickleKind::List); ++i)
        state.badImages.push_back(bad.item(i).integer());
    return state;
}

}  // namespace dinoscope
