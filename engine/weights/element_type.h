#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dinoscope {

/// What a number in a weights file is made of.
enum class ElementType : std::uint8_t {
    Unknown,  ///< named by the file, but not one we read (quantised types)
    F64,
    F32,
    F16,
    BF16,
    F8E4M3,
    F8E5M2,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
    C64,
    C128,
};

/// Bytes an element takes; 0 for Unknown.
std::size_t elementSize(ElementType type);

/// As PyTorch says it: "float32", "bfloat16"; "unknown".
std::string_view name(ElementType type);

/// By PyTorch's name of the dtype ("float32", "half", …).
ElementType elementTypeOfTorch(std::string_view dtype);

/// By PyTorch's name of a storage class without its module ("FloatStorage"). UntypedStorage counts bytes:
/// UInt8.
ElementType elementTypeOfStorage(std::string_view className);

/// By the name in a safetensors header ("F32"), and back; empty where safetensors has none.
ElementType elementTypeOfSafetensors(std::string_view dtype);
std::string_view safetensorsName(ElementType type);

}  // namespace dinoscope
