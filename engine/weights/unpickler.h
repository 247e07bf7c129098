#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/weights/pickle_tree.h"

namespace dinoscope {

/// What a pickle may hold before it is refused. Memory stays below a small multiple of the file and of these.
struct UnpickleLimits {
    /// Values, and as many each of: values on the stack, marks, entries of the memo, and places in lists,
    /// tuples and dicts, where one value can stand many times.
    std::size_t objects = 4'000'000;
    std::size_t tensors = 200'000;
    std::size_t textBytes = std::size_t{64} << 20;  ///< of all texts, bytes and long integers together
    std::size_t dimensions = 16;                    ///< of one tensor
};

/// Reads a pickle of protocol 0 to 5 as data. Nothing named in it is imported or called: calls become Opaque
/// values, but for the few whose meaning is plain data (tensors, parameters, OrderedDict, torch.Size), which
/// are carried out here. Time and memory are linear in the bytes read.
class Unpickler {
public:
    /// Reads one pickle from the start of `bytes`, which may go on after it. A damaged pickle is an Error
    /// that names `where`.
    static PickleTree read(std::span<const std::byte> bytes, const std::string& where,
                           const UnpickleLimits& limits = {});

private:
    using Index = std::uint32_t;

    Unpickler(std::span<const std::byte> bytes, const std::string& where, const UnpickleLimits& limits);
    void run();
    bool runScalar(std::uint8_t op);
    bool runText(std::uint8_t op);
    bool runContainer(std::uint8_t op);
    bool runStack(std::uint8_t op);
    bool runObject(std::uint8_t op);

    // The bytes.
    [[noreturn]] void fail(const std::string& problem) const;
    std::string_view take(std::uint64_t count);
    std::uint64_t number(std::size_t width);
    std::string_view line();
    std::string_view sized(std::size_t width) { return take(number(width)); }

    // The stack and the memo.
    void push(Index index);
    void mark();
    Index pop();
    Index top() const;
    std::vector<Index> popToMark();
    void remember(std::uint64_t slot);
    void recall(std::uint64_t slot);

    // Values.
    void countPlaces(std::size_t more);
    Index add(PickleNode node);
    Index addText(PickleKind kind, std::string text);
    Index addInt(std::int64_t value);
    Index addSequence(PickleKind kind, std::vector<Index> items);
    void pushLittleEndianInt(std::string_view digits);
    void pushDecimal(std::string_view digits);
    void pushGlobal(std::string_view module, std::string_view name);
    void append(std::vector<Index> items);
    void setItems(std::vector<Index> items);
    void build();
    void persistentId();

    // What a call would give (pickle_calls.cpp).
    Index call(Index callable, Index arguments);
    Index opaque(std::string name, Index arguments);
    bool callTensor(std::string_view name, const std::vector<Index>& arguments, Index& result);
    bool callContainer(std::string_view name, const std::vector<Index>& arguments, Index& result);
    Index rebuildTensor(const std::vector<Index>& arguments, ElementType type);
    std::vector<std::int64_t> dimensions(Index tuple, const char* what) const;
    std::int64_t integer(Index index, const char* what) const;
    const PickleNode& node(Index index) const { return tree_.nodes_[index]; }

    static constexpr Index kNone = 0;
    static constexpr Index kFalse = 1;
    static constexpr Index kTrue = 2;

    std::span<const std::byte> bytes_;
    std::size_t position_ = 0;
    const std::string& where_;
    UnpickleLimits limits_;
    std::size_t textBytes_ = 0;
    std::size_t places_ = 0;  ///< children of all nodes
    PickleTree tree_;
    std::vector<Index> stack_;
    std::vector<std::size_t> marks_;
    std::unordered_map<std::uint64_t, Index> memo_;
};

}  // namespace dinoscope
