#include "engine/api/attend.h"

namespace dinoscope::api {

namespace {

std::vector<std::string> colourMapNames() {
    std::vector<std::string> names;
    for (const ColourMap map : allColourMaps())
        names.push_back(name(map));
    return names;
}

const OptionSchema& ownOptions() {
    static const OptionSchema schema{
        {.key = "output-dir",
         .type = OptionType::Path,
         .defaultValue = std::string("."),
         .label = "Output folder",
         .help = "where the files go; made if missing",
         .shortName = 'o'},
        {.key = "native",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "Native size",
         .help = "feed the image in its own size"},
        {.key = "hues",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "All heads at once",
         .help = "adds <stem>-overlay-hues.png: all heads in one picture, a hue each"},
        {.key = "raw",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "Raw values",
         .help = "write the values as safetensors too"},
        {.key = "strict",
         .type = OptionType::Flag,
         .defaultValue = false,
         .label = "Strict",
         .help = "exit with 1 for a bad file inside a folder too",
         .level = OptionLevel::Expert},
    };
    return schema;
}

}  // namespace

const OptionSchema& attentionViewOptions() {
    static const OptionSchema schema{
        {.key = "size",
         .type = OptionType::Text,
         .defaultValue = std::string("480"),
         .unit = "px",
         .label = "Input size",
         .help = "the shorter side (aspect kept), or WxH (squashed)",
         .aliases = {"image-size", "resize"}},
        {.key = "layer",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(-1),
         .label = "Layer",
         .help = "which layer; counts from 0, negative from the end"},
        {.key = "query",
         .type = OptionType::Text,
         .defaultValue = std::string("cls"),
         .label = "Query",
         .help = "cls, x,y for the patch at that pixel of the upright image, or register0 and so on"},
        {.key = "heads",
         .type = OptionType::Text,
         .defaultValue = std::string("all"),
         .label = "Heads",
         .help =
             "all, or numbers from 0 as 0,2,5, with the mean of all heads beside them; mean for it alone"},
        {.key = "colormap",
         .type = OptionType::Choice,
         .defaultValue = std::string("viridis"),
         .choices = colourMapNames(),
         .label = "Colour map",
         .help = "colours from low to high attention"},
        {.key = "scale",
         .type = OptionType::Text,
         .defaultValue = std::string("head"),
         .label = "Colour scale",
         .help = "head (each from its least to its greatest value), shared (all alike) or LO,HI"},
        {.key = "clip",
         .type = OptionType::Real,
         .defaultValue = 100.0,
         .minimum = 50,
         .maximum = 100,
         .unit = "%",
         .label = "Clip",
         .help = "percentile at which the colour scale ends, against outliers",
         .level = OptionLevel::Expert},
        {.key = "opacity",
         .type = OptionType::Real,
         .defaultValue = 0.6,
         .minimum = 0,
         .maximum = 1,
         .label = "Opacity",
         .help = "of the colours over the image"},
        {.key = "mass",
         .type = OptionType::Real,
         .defaultValue = 0.0,
         .minimum = 0,
         .maximum = 1,
         .label = "Mass",
         .help = "keep the patches that hold this share of the attention, of which attend writes masks; 0 "
                 "for none",
         .aliases = {"threshold"}},
    };
    return schema;
}

const OptionSchema& attendOptions() {
    static const OptionSchema schema(
        OptionSchema(OptionSchema(modelOptions(), ownOptions()), attentionViewOptions()), commonOptions());
    return schema;
}

}  // namespace dinoscope::api
