#include "engine/base/error.h"

#include <new>
#include <string_view>

#include "engine/base/memory.h"

namespace dinoscope {

Error::Error(std::string what, std::string where, std::string remedy)
    : problem_(std::move(what)), where_(std::move(where)), remedy_(std::move(remedy)) {
    sentence_ = where_.empty() ? problem_ : where_ + ": " + problem_;
    if (!remedy_.empty()) sentence_ += "; " + remedy_;
}

namespace {

Error outOfMemory() {
    return Error("memory ran out", {}, "close other programs, or choose a smaller size");
}

/// LibTorch's allocators throw exceptions of its own instead of std::bad_alloc.
bool tellsOutOfMemory(std::string_view text) {
    return text.find("DefaultCPUAllocator: ") != std::string_view::npos ||
           text.find("CUDA out of memory") != std::string_view::npos ||
           text.find("std::bad_alloc") != std::string_view::npos;
}

}  // namespace

Error currentError() {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return outOfMemory();
    } catch (const std::exception& error) {
        // Foreign exceptions (LibTorch's above all) carry a stack trace after their first line.
        const std::string text = error.what();
        return tellsOutOfMemory(text) ? outOfMemory() : Error(text.substr(0, text.find('\n')));
    } catch (...) {
        return Error("an unknown error occurred");
    }
}

bool isOutOfMemory() {
    try {
        throw;
    } catch (const Error&) {
        return false;
    } catch (const std::bad_alloc&) {
        return true;
    } catch (const std::exception& error) {
        return tellsOutOfMemory(error.what());
    } catch (...) {
        return false;
    }
}

}  // namespace dinoscope
