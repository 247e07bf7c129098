#include "engine/data/dataset_file.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/mapped_file.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTitle = "dinoscope images 1";
constexpr std::size_t kChunk = std::size_t{1} << 20;

/// A file's name may hold an end of line.
void appendName(std::string& text, std::string_view name) {
    for (const char letter : name) {
        if (letter == '\\') {
            text += "\\\\";
        } else if (letter == '\n') {
            text += "\\n";
        } else {
            text += letter;
        }
    }
    text += '\n';
}

void appendImage(std::string& text, const ImageDataset& dataset, std::int64_t image) {
    text += std::to_string(dataset.width(image)) + ' ' + std::to_string(dataset.height(image)) + ' ';
    text += std::to_string(dataset.bytes(image)) + ' ' + std::to_string(dataset.label(image)) + ' ';
    appendName(text, dataset.name(image));
}

DatasetChanges compare(ImageDataset& kept, const ImageDataset& found) {
    struct File {
        std::uint64_t bytes = 0;
        bool isKept = false;
    };
    std::unordered_map<std::string_view, File> files;
    files.reserve(static_cast<std::size_t>(found.size()));
    for (std::int64_t i = 0; i < found.size(); ++i)
        files.emplace(found.name(i), File{found.bytes(i), false});
    DatasetChanges changes;
    for (std::int64_t i = 0; i < kept.size(); ++i) {
        const auto file = files.find(kept.name(i));
        if (file != files.end()) {
            file->second.isKept = true;
            if (file->second.bytes == kept.bytes(i)) continue;
        }
        kept.markGone(i);
        if (changes.firstGone.size() < DatasetChanges::kMostNamed)
            changes.firstGone.emplace_back(kept.name(i));
    }
    changes.gone = kept.goneCount();
    changes.added =
        std::count_if(files.begin(), files.end(), [](const auto& file) { return !file.second.isKept; });
    return changes;
}

}  // namespace

/// Trusts nothing of the text.
class DatasetReader {
public:
    DatasetReader(const fs::path& file, const ImageDataset& found)
        : where_(file.string()),
          bytes_(readFile(file)),
          rest_(reinterpret_cast<const char*>(bytes_.data()), bytes_.size()) {
        dataset_.root_ = found.root_;
        dataset_.unreadable_ = found.unreadable_;
        dataset_.unreadableCount_ = found.unreadableCount_;
    }

    ImageDataset read() {
        if (nextLine() != kTitle) fail();
        for (std::int64_t left = readCount("classes "); left > 0; --left)
            dataset_.classes_.push_back(readName(nextLine()));
        for (std::int64_t left = readCount("images "); left > 0; --left)
            readImage();
        if (!rest_.empty()) {
            ++line_;
            fail();
        }
        dataset_.sign();
        return std::move(dataset_);
    }

private:
    /// Without its end, which a line that was cut off does not have.
    std::string_view nextLine() {
        ++line_;
        const auto end = rest_.find('\n');
        if (end == std::string_view::npos) fail();
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return line;
    }

    std::int64_t readCount(std::string_view word) {
        std::string_view line = nextLine();
        if (!line.starts_with(word)) fail();
        line.remove_prefix(word.size());
        const auto count = takeNumber<std::int64_t>(line);
        if (count < 0 || !line.empty()) fail();
        return count;
    }

    void readImage() {
        std::string_view line = nextLine();
        const auto width = takeField<std::int32_t>(line);
        const auto height = takeField<std::int32_t>(line);
        const auto bytes = takeField<std::uint64_t>(line);
        const auto label = takeField<std::int32_t>(line);
        const auto classes = static_cast<std::int64_t>(dataset_.classes_.size());
        if (width < 1 || height < 1 || label < (classes > 0 ? 0 : -1) || label >= classes) fail();
        dataset_.add(readName(line), width, height, bytes);
        if (classes > 0) dataset_.labels_.push_back(label);
    }

    template <typename Number>
    Number takeNumber(std::string_view& text) {
        Number number{};
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (code != std::errc()) fail();
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return number;
    }

    /// A number and the space behind it.
    template <typename Number>
    Number takeField(std::string_view& line) {
        const auto number = takeNumber<Number>(line);
        if (!line.starts_with(' ')) fail();
        line.remove_prefix(1);
        return number;
    }

    std::string readName(std::string_view text) {
        std::string name;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '\\') {
                name += text[i];
            } else if (++i < text.size() && (text[i] == '\\' || text[i] == 'n')) {
                name += text[i] == 'n' ? '\n' : '\\';
            } else {
                fail();
            }
        }
        return name;
    }

    [[noreturn]] void fail() const {
        throw Error("line " + std::to_string(line_) + " is not what it was when it was written", where_,
                    "restore the file from a copy, or put the folder of images back as it was");
    }

    const std::string where_;
    const std::vector<std::byte> bytes_;
    std::string_view rest_;  ///< what is not read yet
    std::int64_t line_ = 0;
    ImageDataset dataset_;
};

void writeDataset(const fs::path& file, const ImageDataset& dataset) {
    AtomicFile out(file);
    std::string text(kTitle);
    text += "\nclasses " + std::to_string(dataset.classes().size()) + '\n';
    for (const std::string& name : dataset.classes())
        appendName(text, name);
    text += "images " + std::to_string(dataset.size()) + '\n';
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        appendImage(text, dataset, i);
        if (text.size() < kChunk) continue;
        out.write(text);
        text.clear();
    }
    out.write(text);
    out.commit();
}

KeptDataset readDataset(const fs::path& file, const ImageDataset& found) {
    KeptDataset kept{DatasetReader(file, found).read(), {}};
    kept.changes = compare(kept.dataset, found);
    return kept;
}

}  // namespace dinoscope
