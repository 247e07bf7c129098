#include <nlohmann/json.hpp>

#include "engine/api/train.h"
#include "engine/api/train_request.h"

namespace dinoscope::api {

namespace {

TrainPlan tell(const TrainRequest& request, const ImageFacts& images) {
    TrainPlan found;
    found.placement = placementOf(request);
    const MemoryPlan plan = memoryOf(request, images, found.placement);
    for (const MemoryPlan::Part& part : plan.parts)
        found.parts.push_back({part.name, part.bytes});
    for (const MemoryPlan::Part& part : plan.hostParts)
        found.hostParts.push_back({part.name, part.bytes});
    found.total = plan.total;
    found.available = plan.available;
    found.hostTotal = plan.hostTotal;
    found.hostAvailable = plan.hostAvailable;
    found.microBatch = plan.microBatch;
    found.largestBatch = plan.largestBatch;
    for (const MemoryPlan::Advice& each : plan.advice)
        found.advice.push_back(each.sentence);
    return found;
}

}  // namespace

TrainPlan planTraining(const OptionValues& given, JobControl& control, const ProcessPlace& place) {
    const TrainRequest request = trainRequest(given, place, control);
    if (request.options.text("data").empty()) return tell(request, {});
    const KeptDataset images = imagesOf(request, control);
    if (request.record) {
        tellResume(request.paths(), *request.record, request.options, images,
                   termsOf(placementOf(request), place), control);
    }
    const ImageFacts facts = factsOf(images.dataset);
    noteTightDisk(request, facts.classes, control);
    return tell(request, facts);
}

TrainPlan planTraining(const OptionValues& given, std::int64_t classes, std::int64_t images,
                       std::int64_t pixelBytes) {
    OptionValues options = given;
    settleTrainOptions(options);
    checkTrainOptions(options);
    return tell({options, std::nullopt, options, {}}, {classes, pixelBytes, images});
}

std::string describe(const TrainPlan& plan) {
    std::string text;
    const auto row = [&](const std::string& label, std::int64_t bytes) {
        text +=
            label + std::string(label.size() < 42 ? 42 - label.size() : 1, ' ') + formatBytes(bytes) + "\n";
    };
    for (const TrainPlan::Part& part : plan.parts)
        row(part.name, part.bytes);
    row("together", plan.total);
    row("free on " + plan.placement.device, plan.available);
    for (const TrainPlan::Part& part : plan.hostParts)
        row(part.name + " (main memory)", part.bytes);
    if (!plan.hostParts.empty()) row("free of main memory", plan.hostAvailable);
    text += "images of a micro-batch: " + std::to_string(plan.microBatch) + "\n";
    text += "largest --batch-size-per-gpu that fits: " + std::to_string(plan.largestBatch) + "\n";
    for (const std::string& sentence : plan.advice)
        text += sentence + "\n";
    return text;
}

std::string toJson(const TrainPlan& plan) {
    nlohmann::ordered_json document{{"device", plan.placement.device},
                                    {"precision", name(plan.placement.precision)},
                                    {"parts", nlohmann::ordered_json::array()},
                                    {"total", plan.total},
                                    {"available", plan.available},
                                    {"micro_batch", plan.microBatch},
                                    {"largest_batch", plan.largestBatch},
                                    {"advice", plan.advice}};
    for (const TrainPlan::Part& part : plan.parts)
        document["parts"].push_back({{"name", part.name}, {"bytes", part.bytes}});
    if (plan.hostParts.empty()) return document.dump(2);
    document["main_memory"] = {{"parts", nlohmann::ordered_json::array()},
                               {"total", plan.hostTotal},
                               {"available", plan.hostAvailable}};
    for (const TrainPlan::Part& part : plan.hostParts)
        document["main_memory"]["parts"].push_back({{"name", part.name}, {"bytes", part.bytes}});
    return document.dump(2);
}

}  // namespace dinoscope::api
