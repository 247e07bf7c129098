#include "engine/train/run/run_record.h"

#include "engine/base/error.h"
#include "engine/train/run/toml_options.h"
#include "engine/train/run/train_options.h"

namespace dinoscope {

namespace {

constexpr const char* kRemedy = "restore it from a copy, or start a run in another folder";

std::string line(const char* key, const OptionValue& value) {
    return std::string(key) + " = " + tomlValue(value) + "\n";
}

std::string readText(const toml::table& table, const char* part, const char* key, const std::string& where) {
    const auto text = table[part][key].value_exact<std::string>();
    if (!text) throw Error(std::string("[") + part + "] has no " + key, where, kRemedy);
    return *text;
}

std::int64_t readCount(const toml::table& table, const char* part, const char* key,
                       const std::string& where) {
    const auto number = table[part][key].value_exact<std::int64_t>();
    if (!number) throw Error(std::string("[") + part + "] has no " + key, where, kRemedy);
    return *number;
}

void checkFormat(const toml::table& table, const std::string& where) {
    const auto format = table["format"].value_exact<std::int64_t>();
    if (!format) throw Error("it does not say its format", where, kRemedy);
    if (*format <= RunRecord::kFormat) return;
    const auto program = table["terms"]["program"].value_exact<std::string>();
    throw Error("this run has format " + std::to_string(*format) +
                    (program ? ", written by Dinoscope " + *program : std::string()) +
                    "; this is " DINOSCOPE_VERSION ", which knows format " +
                    std::to_string(RunRecord::kFormat),
                where, "use the newer program");
}

std::string shown(const OptionValue& value) {
    const std::string text = formatOptionValue(value);
    return text.empty() ? "nothing" : text;
}

bool mayChange(const std::string& key, const OptionValues& recorded) {
    if (key == "micro-batch" && dependsOnMicroBatch(recorded)) return false;
    const TrainOptionRole role = trainOptionRole(key);
    return role == TrainOptionRole::Length || role == TrainOptionRole::Machine ||
           role == TrainOptionRole::Saving || role == TrainOptionRole::Probes;
}

/// "--epochs, --device"
std::string whatMayChange(const OptionValues& recorded) {
    std::string keys;
    for (const OptionSpec& spec : trainOptions().specs()) {
        // The folder of the images may move; what is in it is compared.
        if (spec.key == "data" || mayChange(spec.key, recorded))
            keys += (keys.empty() ? "--" : ", --") + spec.key;
    }
    return keys;
}

void compareTerms(const ComputeTerms& then, const ComputeTerms& now, ResumePlan& plan) {
    std::string differences;
    const auto compare = [&differences](const char* what, const std::string& before,
                                        const std::string& after) {
        if (before == after) return;
        differences +=
            (differences.empty() ? "" : ", ") + std::string(what) + " (" + before + ", now " + after + ")";
    };
    compare("program", then.program, now.program);
    compare("torch", then.torch, now.torch);
    compare("device", then.device, now.device);
    compare("precision", then.precision, now.precision);
    compare("instruction set", then.instructionSet, now.instructionSet);
    compare("threads", std::to_string(then.threads), std::to_string(now.threads));
    compare("number of processes", std::to_string(then.processes), std::to_string(now.processes));
    if (differences.empty()) return;
    plan.exact = false;
    plan.notes.push_back("the numbers will be equal to rounding, not to the last bit: other " + differences);
}

/// "a.jpg, b.jpg, c.jpg and 4 more"
std::string namesOf(const DatasetChanges& changes) {
    std::string names;
    for (const std::string& name : changes.firstGone)
        names += (names.empty() ? "" : ", ") + name;
    const std::int64_t more = changes.gone - std::ssize(changes.firstGone);
    return more > 0 ? names + " and " + std::to_string(more) + " more" : names;
}

/// A few that are gone are told, and others drawn for them; most of them are those of a disk that is not
/// there.
void compareImages(const RunRecord& record, const DataRecord& data, const DatasetChanges& changes,
                   ResumePlan& plan) {
    if (data.fingerprint != record.data.fingerprint) {
        throw Error(
            "the images are not those that the run was started with: " + std::to_string(record.data.images) +
                " were in " + record.data.path + ", " + std::to_string(data.images) + " are in " + data.path,
            data.path, "put the folder back as it was, or start a new run with --init");
    }
    if (changes.gone > 0) {
        const std::string gone =
            std::to_string(changes.gone) + " of the " + std::to_string(data.images) +
            " images that the run began with " +
            (changes.gone == 1 ? "is gone or no longer what it was" : "are gone or no longer what they were");
        const std::int64_t left = data.images - changes.gone;
        const std::int64_t step = stepImages(plan.options);
        if (left < changes.gone || left < step) {
            throw Error(
                gone + ", too many to go on without: " + namesOf(changes), data.path,
                "bring them back, name the folder that they are in now with --data, or start a new run with "
                "--init");
        }
        plan.exact = false;
        plan.notes.push_back(gone + ": " + namesOf(changes) +
                             "; others are shown in place of them, so the numbers are not those of a run "
                             "that has them all");
    }
    if (changes.added > 0) {
        plan.notes.push_back(std::to_string(changes.added) +
                             (changes.added == 1 ? " new image in " + data.path + " is"
                                                 : " new images in " + data.path + " are") +
                             " not part of this run: start a new one to learn from them");
    }
}

}  // namespace

std::string formatRunRecord(const RunRecord& record) {
    std::string text = "# A run of dino train. --resume reads this file; do not change it by hand.\n";
    text += line("format", RunRecord::kFormat) + line("created", record.created);
    text += "\n# What decides whether two sessions give the same bits; as of the last one.\n[terms]\n";
    text += line("program", record.terms.program) + line("torch", record.terms.torch);
    text += line("device", record.terms.device) + line("precision", record.terms.precision);
    text += line("instruction-set", record.terms.instructionSet) + line("threads", record.terms.threads);
    text += line("processes", record.terms.processes);
    text += "\n[data]\n" + line("path", record.data.path) + line("fingerprint", record.data.fingerprint);
    text += line("images", record.data.images) + line("classes", record.data.classes);
    text += "\n[options]\n";
    for (const OptionSpec& spec : trainOptions().specs()) {
        const TrainOptionRole role = trainOptionRole(spec.key);
        if (role == TrainOptionRole::Action || role == TrainOptionRole::Data) continue;
        text += line(spec.key.c_str(), record.options.value(spec.key));
    }
    return text;
}

RunRecord readRunRecord(const std::filesystem::path& file) {
    const std::string where = file.string();
    const toml::table table = readToml(file, kRemedy);
    checkFormat(table, where);
    RunRecord record{OptionValues(trainOptions()), {}, {}, {}};
    record.created = table["created"].value_or(std::string());
    record.terms = {readText(table, "terms", "program", where), readText(table, "terms", "torch", where),
                    readText(table, "terms", "device", where), readText(table, "terms", "precision", where),
                    readText(table, "terms", "instruction-set", where),
                    readCount(table, "terms", "threads", where),
                    // Older versions knew of one.
                    table["terms"]["processes"].value_exact<std::int64_t>().value_or(1)};
    record.data = {readText(table, "data", "path", where), readText(table, "data", "fingerprint", where),
                   readCount(table, "data", "images", where), readCount(table, "data", "classes", where)};
    const toml::table* options = table["options"].as_table();
    if (!options) throw Error("there is no table [options]", where, kRemedy);
    for (const auto& [name, node] : *options)
        setFromToml(record.options, name.str(), node, where);
    record.options.set("data", OptionValue(record.data.path));
    return record;
}

OptionValues resumedOptions(const RunRecord& record, const OptionValues& given) {
    OptionValues options = record.options;
    std::string differences;
    for (const OptionSpec& spec : trainOptions().specs()) {
        if (!given.isSet(spec.key)) continue;
        const TrainOptionRole role = trainOptionRole(spec.key);
        if (role == TrainOptionRole::Action || role == TrainOptionRole::Data) continue;
        const OptionValue& now = given.value(spec.key);
        const OptionValue& then = record.options.value(spec.key);
        if (now == then) continue;
        if (mayChange(spec.key, record.options)) {
            options.set(spec.key, now);
        } else {
            differences += (differences.empty() ? "--" : ", --") + spec.key + " was " + shown(then) +
                           " and is " + shown(now);
        }
    }
    if (differences.empty()) return options;
    throw Error("the run was started with other options: " + differences, given.text("output"),
                "leave them out to resume, or give another folder; these may change: " +
                    whatMayChange(record.options));
}

ResumePlan planResume(const RunRecord& record, const OptionValues& given, const DataRecord& data,
                      const ComputeTerms& terms, std::int64_t epochsDone, const DatasetChanges& changes) {
    ResumePlan plan{resumedOptions(record, given), {}, true};
    compareImages(record, data, changes, plan);
    const std::int64_t before = record.options.integer("epochs");
    const std::int64_t now = plan.options.integer("epochs");
    if (now < epochsDone) {
        throw Error("the run has " + std::to_string(epochsDone) + " epochs behind it, more than " +
                        std::to_string(now),
                    "--epochs", "give at least " + std::to_string(epochsDone));
    }
    if (now != before) {
        plan.notes.push_back("the run is " + std::to_string(now) + " epochs long now instead of " +
                             std::to_string(before) +
                             ": learning rate, weight decay and momentum follow schedules of the new length");
        checkTrainOptions(plan.options);
    }
    if (plan.options.integer("micro-batch") != record.options.integer("micro-batch") ||
        plan.options.flag("activation-checkpointing") != record.options.flag("activation-checkpointing")) {
        plan.exact = false;
        plan.notes.push_back(
            "the numbers will be equal to rounding, not to the last bit: batches are computed in other "
            "pieces");
    }
    compareTerms(record.terms, terms, plan);
    plan.options.set("data", OptionValue(data.path));
    if (given.isSet("output")) plan.options.set("output", given.value("output"));
    return plan;
}

}  // namespace dinoscope
