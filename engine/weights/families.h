#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dinoscope {

/// One kind of checkpoint, told by the names of its tensors. In patterns `#` stands for a number and `*` for
/// any text, dots included.
struct Family {
    std::string_view name;
    bool readable = false;  ///< the others are known well enough to be named in a refusal

    /// Keys of the file below which the weights may lie, the preferred one first; "" is the top.
    std::vector<std::string_view> groups = {};
    /// Beginnings of tensor names and what takes their place, each tried once, in order; the result is in
    /// reference names.
    std::vector<std::pair<std::string_view, std::string_view>> renames = {};

    /// On renamed tensors: every one of `required` matches some, none of `forbidden` matches any.
    std::vector<std::string_view> required = {};
    std::vector<std::string_view> forbidden = {};
    /// Any of these makes it certain; without one the names fit other families' files too.
    std::vector<std::string_view> certain = {};
    /// Tensors that belong to the file but not to the backbone. Anything else unexpected is an error.
    std::vector<std::string_view> ignored = {};

    int dimPerHead = 64;  ///< heads = dim / dimPerHead
};

/// In the order in which they are tried.
const std::vector<Family>& families();

bool matches(std::string_view pattern, std::string_view name);
bool matchesAny(std::span<const std::string_view> patterns, std::string_view name);

/// `name` with the family's renames applied.
std::string referenceName(const Family& family, std::string_view name);

}  // namespace dinoscope
