#include "engine/base/error.h"

#include <new>

namespace dinoscope {

Error::Error(std::string what, std::string where, std::string remedy)
    : problem_(std::move(what)), where_(std::move(where)), remedy_(std::move(remedy)) {
    sentence_ = where_.empty() ? problem_ : where_ + ": " + problem_;
    if (!remedy_.empty()) sentence_ += "; " + remedy_;
}

Error currentError() {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return Error("memory ran out", {}, "close other programs, or choose a smaller size");
    } catch (const std::exception& error) {
        // Foreign exceptions (LibTorch's above all) carry a stack trace after their first line.
        const std::string text = error.what();
        return Error(text.substr(0, text.find('\n')), {}, {});
    } catch (...) {
        return Error("an unknown error occurred");
    }
}

}  // namespace dinoscope
