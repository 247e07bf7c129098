#include <iomanip>
#include <sstream>

#include "engine/api/attend.h"
#include "engine/base/printable.h"

namespace dinoscope::api {

namespace {

/// In the form $'…' of bash, zsh and POSIX 2024, in ASCII: for bytes that no text can carry.
std::string quoteBytes(const std::string& text) {
    std::ostringstream quoted;
    quoted << "$'" << std::oct << std::setfill('0');
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte < 0x20 || byte >= 0x7F) {
            quoted << '\\' << std::setw(3) << unsigned(byte);
        } else {
            if (letter == '\'' || letter == '\\') quoted << '\\';
            quoted << letter;
        }
    }
    return quoted.str() + "'";
}

std::string quoteForShell(const std::string& text) {
    static const std::string kSafe =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,:=+@%";
    if (!text.empty() && text.find_first_not_of(kSafe) == std::string::npos) return text;
    if (printable(text, std::string::npos) != text) return quoteBytes(text);
    std::string quoted = "'";
    for (const char letter : text)
        quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
    return quoted + "'";
}

/// A path that cannot be taken for an option.
std::string quotePath(const std::string& path) {
    return quoteForShell(path.starts_with('-') ? "./" + path : path);
}

std::string shortNumber(double value) {
    std::ostringstream text;
    text << std::setprecision(9) << value;  // a patch of the widest picture keeps its place
    return text.str();
}

}  // namespace

std::string queryOption(const Query& query, const InputGeometry& geometry) {
    if (query.registerToken) return "register" + std::to_string(*query.registerToken);
    if (!query.patch) return "cls";
    const auto [row, column] = *query.patch;
    return shortNumber((column + 0.5) * geometry.coveredWidth() / geometry.columns) + "," +
           shortNumber((row + 0.5) * geometry.coveredHeight() / geometry.rows);
}

std::string attendCommand(const AttentionView& view, const InputGeometry& geometry) {
    std::string line = "dino attend " + quotePath(view.image) + " -w " + quotePath(view.model.weights);
    const auto add = [&line](const std::string& option, const std::string& value) {
        line += " --" + option + " " + quoteForShell(value);
    };
    if (!view.model.checkpointKey.empty()) add("checkpoint-key", view.model.checkpointKey);
    if (!view.model.arch.empty()) add("arch", view.model.arch);
    if (view.model.patchSize > 0) add("patch-size", std::to_string(view.model.patchSize));
    if (view.model.headsPerLayer > 0) add("heads-per-layer", std::to_string(view.model.headsPerLayer));
    if (view.model.seed != 0) add("seed", std::to_string(view.model.seed));
    if (view.size.kind == InputSize::Kind::Native) {
        line += " --native";
    } else {
        add("size", view.size.format());
    }
    if (view.layer != -1) add("layer", std::to_string(view.layer));
    if (view.query != Query{}) add("query", queryOption(view.query, geometry));
    if (view.precision != Precision::Fp32) add("precision", name(view.precision));
    add("colormap", name(view.colourMap));
    if (view.mean) add("heads", "mean");
    if (view.hues) line += " --hues";
    if (view.scale.kind != Scale::Kind::PerHead) add("scale", view.scale.format());
    if (view.scale.clipPercent < 100) add("clip", shortNumber(view.scale.clipPercent));
    add("opacity", shortNumber(view.opacity));
    if (view.mass) add("mass", shortNumber(*view.mass));
    return line + " -o attention";
}

}  // namespace dinoscope::api
