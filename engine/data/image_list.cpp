#include "engine/data/image_list.h"

#include "engine/base/error.h"
#include "engine/base/mapped_file.h"
#include "engine/data/folder_scan.h"

namespace dinoscope {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

ImageListLine parse(std::string_view text, std::int64_t number) {
    ImageListLine line{number, text, {}};
    if (const auto tab = text.find('\t'); tab != std::string_view::npos) {
        line.path = text.substr(0, tab);
        line.label = text.substr(tab + 1);
    }
    return line;
}

}  // namespace

void readImageList(const std::filesystem::path& list,
                   const std::function<void(const ImageListLine&)>& visit) {
    const MappedFile file(list);
    std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    if (text.find('\0') != std::string_view::npos) {
        const bool isImage = hasImageExtension(list);
        throw Error(isImage ? "this is one image, not a folder or a text file that lists images"
                            : "this is neither a folder nor a text file that lists images",
                    list.string(),
                    isImage ? "give its folder, or a file with one path a line"
                            : "give a folder, or a file with one path a line");
    }
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    for (std::int64_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) visit(parse(line, number));
    }
}

}  // namespace dinoscope
