#include "engine/api/attend_terms.h"

#include <algorithm>

#include "engine/base/error.h"

namespace dinoscope::api {

namespace {

[[noreturn]] void refuseHeads(const std::string& text, int heads) {
    throw UsageError("'" + text + "' does not name heads of this model", "--heads",
                     "give all, mean, or numbers from 0 to " + std::to_string(heads - 1) + " as 0,2");
}

/// The number of "register2"; empty for another query.
std::optional<int> parseRegister(const std::string& text) {
    int number = 0;
    char rest = 0;
    if (std::sscanf(text.c_str(), "register%4d%c", &number, &rest) != 1) return std::nullopt;
    return number;
}

/// A point "x,y" of the upright image; empty for "cls" and registers.
std::optional<std::pair<double, double>> parseQuery(const std::string& text) {
    if (text == "cls" || parseRegister(text)) return std::nullopt;
    double x = 0;
    double y = 0;
    char rest = 0;
    if (std::sscanf(text.c_str(), "%lf,%lf%c", &x, &y, &rest) != 2) {
        throw UsageError("'" + text + "' is not a query", "--query",
                         "give cls, x,y in pixels as 120,80, or register0");
    }
    return std::pair(x, y);
}

Query toQuery(const std::optional<std::pair<double, double>>& point, const InputGeometry& geometry) {
    if (!point) return {};
    const auto patch = geometry.patchAt(point->first, point->second);
    if (!patch) {
        throw Error("the point of --query lies outside the patches of this image", {},
                    "give x from 0 to " + std::to_string(static_cast<int>(geometry.coveredWidth()) - 1) +
                        " and y from 0 to " + std::to_string(static_cast<int>(geometry.coveredHeight()) - 1));
    }
    return {patch};
}

}  // namespace

std::vector<int> parseHeads(const std::string& text, int heads) {
    std::vector<int> chosen;
    if (text == "mean") return chosen;
    if (text == "all") {
        for (int head = 0; head < heads; ++head)
            chosen.push_back(head);
        return chosen;
    }
    std::size_t start = 0;
    while (start <= text.size()) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        const std::string item = text.substr(start, end - start);
        if (item.empty() || item.size() > 4 || item.find_first_not_of("0123456789") != std::string::npos) {
            refuseHeads(text, heads);
        }
        const int head = std::stoi(item);
        const bool twice = std::find(chosen.begin(), chosen.end(), head) != chosen.end();
        if (head >= heads || twice) refuseHeads(text, heads);
        chosen.push_back(head);
        start = end + 1;
    }
    return chosen;
}

AttentionTerms::AttentionTerms(const OptionValues& options, InputSize inputSize, JobControl& control)
    : size(inputSize),
      layer(int(options.integer("layer"))),
      point(parseQuery(options.text("query"))),
      registerToken(parseRegister(options.text("query"))),
      scale(Scale::parse(options.text("scale"))),
      colours(parseColourMap(options.text("colormap"))),
      opacity(options.real("opacity")),
      hues(options.flag("hues")) {
    scale.clipPercent = options.real("clip");
    if (options.real("mass") > 0) mass = options.real("mass");
    const Placement placement = choosePlacement(options, Purpose::Numbers);
    const ModelSource source = modelSource(options, static_cast<std::uint64_t>(options.integer("seed")));
    JobControl loading(control);
    model = Model::load(source, placement, loading);
    heads = parseHeads(options.text("heads"), model->info().heads);
    if (heads.empty() && hues) {
        throw UsageError("all heads are asked for at once, and --heads asks for their mean", "--hues",
                         "leave out one of them");
    }
    energy = model->info().convolutional;
    if (!energy) {
        resolveLayer(layer, model->info().layers);
        if (registerToken) requireRegister(*registerToken, model->info().registers);
        return;
    }
    hues = false;
    heads = {0};  // all that there is
    if (point || registerToken) {
        throw UsageError("a convolutional network has no attention, and no query asks for it", "--query",
                         "leave it out: the energy of the last activation is written");
    }
    control.note("a convolutional network has no attention: the energy of its last activation is written");
}

Query AttentionTerms::queryIn(const InputGeometry& geometry) const {
    Query query = toQuery(point, geometry);
    query.registerToken = registerToken;
    return query;
}

}  // namespace dinoscope::api
