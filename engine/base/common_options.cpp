#include "engine/base/common_options.h"

namespace dinoscope {

const OptionSchema& commonOptions() {
    static const OptionSchema schema{
        {.key = "device",
         .type = OptionType::Text,
         .defaultValue = std::string("auto"),
         .label = "Device",
         .help = "auto, cpu, cuda or cuda:N"},
        {.key = "precision",
         .type = OptionType::Choice,
         .defaultValue = std::string("auto"),
         .choices = {"auto", "fp32", "bf16"},
         .label = "Precision",
         .help = "numbers the network computes with; auto is bf16 where it is fast for training, galleries "
                 "and live "
                 "views, fp32 for what is measured or written into files"},
        {.key = "threads",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(0),
         .minimum = 0,
         .maximum = 4096,
         .label = "Threads",
         .help = "CPU threads; 0 for one a core",
         .level = OptionLevel::Expert},
        {.key = "seed",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(0),
         .minimum = 0,
         .label = "Seed",
         .help = "of everything that is drawn at random"},
    };
    return schema;
}

}  // namespace dinoscope
