#include "engine/weights/fetch_entry.h"

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/weights/fetch.h"
#include "engine/weights/inspector.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWholeHash = 64;

std::string networkOf(const fs::path& file) {
    LoadOptions options;
    options.headsPerLayer =
        1;  // any: the number of heads is no part of the answer, and not every file has it
    return networkName(inspect(file, options));
}

void requireNetwork(const CatalogueEntry& entry, const fs::path& file, const std::string& address) {
    std::string problem;
    try {
        const std::string network = networkOf(file);
        if (network == entry.architecture) return;
        problem = "it holds a " + network + ", not the " + entry.architecture + " of " + entry.name;
    } catch (const Error& error) {
        problem = "it is not " + entry.name + " (" + error.problem() + ")";
    }
    std::error_code ignored;
    fs::remove(file, ignored);
    throw Error(problem, address, "check the address; what came was removed");
}

}  // namespace

fs::path fetchEntry(const CatalogueEntry& entry, const std::string& address, JobControl& control) {
    fs::path file = cachedFile(entry);
    if (entry.sha256.size() == kWholeHash) {
        fetchFile(address, file, entry.sha256, control);
        return file;
    }
    const fs::path arrived = file.string() + ".unchecked";
    fetchFile(address, arrived, entry.sha256, control);
    requireNetwork(entry, arrived, address);
    std::error_code failed;
    fs::rename(arrived, file, failed);
    if (failed) throw fileError("be renamed", arrived, failed.value());
    syncFolder(file.parent_path());
    return file;
}

}  // namespace dinoscope
