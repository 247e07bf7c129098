#include "engine/weights/element_type.h"

#include <array>

namespace dinoscope {

namespace {

struct TypeRecord {
    ElementType type;
    std::size_t size;
    std::string_view torch;
    std::string_view torchAlias;
    std::string_view storage;
    std::string_view safetensors;
};

constexpr std::array kTypes{
    TypeRecord{ElementType::F64, 8, "float64", "double", "DoubleStorage", "F64"},
    TypeRecord{ElementType::F32, 4, "float32", "float", "FloatStorage", "F32"},
    TypeRecord{ElementType::F16, 2, "float16", "half", "HalfStorage", "F16"},
    TypeRecord{ElementType::BF16, 2, "bfloat16", "", "BFloat16Storage", "BF16"},
    TypeRecord{ElementType::F8E4M3, 1, "float8_e4m3fn", "", "", "F8_E4M3"},
    TypeRecord{ElementType::F8E5M2, 1, "float8_e5m2", "", "", "F8_E5M2"},
    TypeRecord{ElementType::I64, 8, "int64", "long", "LongStorage", "I64"},
    TypeRecord{ElementType::I32, 4, "int32", "int", "IntStorage", "I32"},
    TypeRecord{ElementType::I16, 2, "int16", "short", "ShortStorage", "I16"},
    TypeRecord{ElementType::I8, 1, "int8", "", "CharStorage", "I8"},
    TypeRecord{ElementType::U64, 8, "uint64", "", "", "U64"},
    TypeRecord{ElementType::U32, 4, "uint32", "", "", "U32"},
    TypeRecord{ElementType::U16, 2, "uint16", "", "", "U16"},
    TypeRecord{ElementType::U8, 1, "uint8", "", "ByteStorage", "U8"},
    TypeRecord{ElementType::Bool, 1, "bool", "", "BoolStorage", "BOOL"},
    TypeRecord{ElementType::C64, 8, "complex64", "cfloat", "ComplexFloatStorage", "C64"},
    TypeRecord{ElementType::C128, 16, "complex128", "cdouble", "ComplexDoubleStorage", ""},
};

const TypeRecord* find(ElementType type) {
    for (const TypeRecord& record : kTypes) {
        if (record.type == type) return &record;
    }
    return nullptr;
}

ElementType findBy(std::string_view TypeRecord::*column, std::string_view text) {
    if (text.empty()) return ElementType::Unknown;
    for (const TypeRecord& record : kTypes) {
        if (record.*column == text) return record.type;
    }
    return ElementType::Unknown;
}

}  // namespace

std::size_t elementSize(ElementType type) {
    const TypeRecord* record = find(type);
    return record ? record->size : 0;
}

std::string_view name(ElementType type) {
    const TypeRecord* record = find(type);
    return record ? record->torch : "unknown";
}

ElementType elementTypeOfTorch(std::string_view dtype) {
    const ElementType type = findBy(&TypeRecord::torch, dtype);
    return type != ElementType::Unknown ? type : findBy(&TypeRecord::torchAlias, dtype);
}

ElementType elementTypeOfStorage(std::string_view className) {
    if (className == "UntypedStorage") return ElementType::U8;
    return findBy(&TypeRecord::storage, className);
}

ElementType elementTypeOfSafetensors(std::string_view dtype) {
    return findBy(&TypeRecord::safetensors, dtype);
}

std::string_view safetensorsName(ElementType type) {
    const TypeRecord* record = find(type);
    return record ? record->safetensors : std::string_view();
}

}  // namespace dinoscope
