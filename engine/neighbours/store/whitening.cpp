#include "engine/neighbours/store/whitening.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "engine/base/atomic_file.h"
#include "engine/base/mapped_file.h"
#include "engine/neighbours/store/checksum.h"
#include "engine/neighbours/store/missing.h"

namespace dinoscope {

namespace {

constexpr char kMagic[8] = {'D', 'I', 'N', 'O', 'W', 'H', 'I', '1'};
constexpr std::uint64_t kMaxDim = 1 << 16;
constexpr const char* kRemedy = "index the folder again to compute the features anew";

struct Header {
    char magic[8];
    std::uint64_t inputDim;
    std::uint64_t outputDim;
    std::uint64_t check;  // of the numbers
};

}  // namespace

std::vector<float> Whitening::apply(std::span<const float> feature) const {
    if (static_cast<std::int64_t>(feature.size()) != inputDim) {
        throw Error("a feature of " + std::to_string(feature.size()) +
                    " numbers cannot be whitened as one of " + std::to_string(inputDim));
    }
    std::vector<float> centred(feature.size());
    for (std::size_t i = 0; i < centred.size(); ++i)
        centred[i] = feature[i] - mean[i];
    std::vector<float> result(static_cast<std::size_t>(outputDim));
    double square = 0;
    const float* row = projection.data();
    for (float& value : result) {
        double sum = 0;
        for (std::size_t i = 0; i < centred.size(); ++i)
            sum += double{row[i]} * double{centred[i]};
        row += inputDim;
        value = static_cast<float>(sum);
        square += sum * sum;
    }
    const double length = std::max(std::sqrt(square), 1e-12);
    for (float& value : result)
        value = static_cast<float>(value / length);
    return result;
}

std::filesystem::path whiteningFile(const std::filesystem::path& folder) {
    return folder / "whitening.bin";
}

void writeWhitening(const std::filesystem::path& folder, const Whitening& whitening) {
    std::vector<float> numbers = whitening.mean;
    numbers.insert(numbers.end(), whitening.projection.begin(), whitening.projection.end());
    Header header{};
    std::copy_n(kMagic, sizeof kMagic, header.magic);
    header.inputDim = static_cast<std::uint64_t>(whitening.inputDim);
    header.outputDim = static_cast<std::uint64_t>(whitening.outputDim);
    header.check = checksum(std::as_bytes(std::span(numbers)));
    AtomicFile file(whiteningFile(folder));
    file.write(&header, sizeof header);
    file.write(numbers.data(), numbers.size() * sizeof(float));
    file.commit();
}

Whitening parseWhitening(std::span<const std::byte> bytes, const std::string& where) {
    const DamagedWhitening damaged("the whitening of this gallery is damaged", where, kRemedy);
    Header header{};
    if (bytes.size() < sizeof header) throw damaged;
    std::memcpy(&header, bytes.data(), sizeof header);
    const auto fits = [](std::uint64_t dim) { return dim >= 1 && dim <= kMaxDim; };
    if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || !fits(header.inputDim) ||
        !fits(header.outputDim)) {
        throw damaged;
    }
    const auto rest = bytes.subspan(sizeof header);
    const std::uint64_t numbers = header.inputDim * (header.outputDim + 1);
    if (rest.size() != numbers * sizeof(float) || checksum(rest) != header.check) throw damaged;
    Whitening whitening;
    whitening.inputDim = static_cast<std::int64_t>(header.inputDim);
    whitening.outputDim = static_cast<std::int64_t>(header.outputDim);
    whitening.mean.resize(header.inputDim);
    whitening.projection.resize(header.inputDim * header.outputDim);
    std::memcpy(whitening.mean.data(), rest.data(), header.inputDim * sizeof(float));
    std::memcpy(whitening.projection.data(), rest.data() + header.inputDim * sizeof(float),
                whitening.projection.size() * sizeof(float));
    return whitening;
}

Whitening readWhitening(const std::filesystem::path& folder) {
    const std::filesystem::path file = whiteningFile(folder);
    if (isMissing(file)) {
        throw DamagedWhitening("the whitening of this gallery is missing", file.string(), kRemedy);
    }
    return parseWhitening(readFile(file), file.string());
}

Whitening readWhitening(const std::filesystem::path& folder, const GalleryRecord& record) {
    Whitening whitening = readWhitening(folder);
    const int inputDim = record.inputDim > 0 ? record.inputDim : record.terms.dim;
    if (whitening.inputDim != inputDim || whitening.outputDim != record.terms.dim) {
        throw DamagedWhitening("the whitening is that of another gallery", whiteningFile(folder).string(),
                               kRemedy);
    }
    return whitening;
}

}  // namespace dinoscope
