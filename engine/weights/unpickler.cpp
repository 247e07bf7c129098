#include "engine/weights/unpickler.h"

#include <bit>
#include <charconv>
#include <cstring>

#include "engine/base/error.h"
#include "engine/weights/pickle_text.h"

namespace dinoscope {

Unpickler::Unpickler(std::span<const std::byte> bytes, const std::string& where, const UnpickleLimits& limits)
    : bytes_(bytes), where_(where), limits_(limits) {
    tree_.nodes_.resize(3);
    tree_.nodes_[kFalse].kind = PickleKind::Bool;
    tree_.nodes_[kTrue].kind = PickleKind::Bool;
    tree_.nodes_[kTrue].integer = 1;
}

PickleTree Unpickler::read(std::span<const std::byte> bytes, const std::string& where,
                           const UnpickleLimits& limits) {
    Unpickler unpickler(bytes, where, limits);
    unpickler.run();
    return std::move(unpickler.tree_);
}

void Unpickler::run() {
    for (;;) {
        const auto op = static_cast<std::uint8_t>(number(1));
        if (op == '.') break;
        if (runScalar(op) || runText(op) || runContainer(op) || runStack(op) || runObject(op)) continue;
        fail("byte " + std::to_string(position_ - 1) + " is no pickle instruction");
    }
    tree_.root_ = pop();
    tree_.encodedSize_ = position_;
}

bool Unpickler::runScalar(std::uint8_t op) {
    switch (op) {
        case 'N':
            push(kNone);
            return true;
        case 0x88:
            push(kTrue);
            return true;
        case 0x89:
            push(kFalse);
            return true;
        case 'J':
            push(addInt(static_cast<std::int32_t>(number(4))));
            return true;
        case 'K':
            push(addInt(static_cast<std::int64_t>(number(1))));
            return true;
        case 'M':
            push(addInt(static_cast<std::int64_t>(number(2))));
            return true;
        case 'I': {
            const std::string_view digits = line();
            if (digits == "00" || digits == "01") {
                push(digits == "01" ? kTrue : kFalse);
            } else {
                pushDecimal(digits);
            }
            return true;
        }
        case 'L': {
            std::string_view digits = line();
            if (!digits.empty() && digits.back() == 'L') digits.remove_suffix(1);
            pushDecimal(digits);
            return true;
        }
        case 0x8a:
            pushLittleEndianInt(sized(1));
            return true;
        case 0x8b:
            pushLittleEndianInt(sized(4));
            return true;
        case 'F':
        case 'G': {
            PickleNode real{.kind = PickleKind::Float};
            if (op == 'G') {
                real.real = std::bit_cast<double>(__builtin_bswap64(number(8)));
            } else {
                const std::string_view digits = line();
                const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), real.real);
                if (result.ec == std::errc::invalid_argument) fail("a number is not written as one");
            }
            push(add(std::move(real)));
            return true;
        }
        default:
            return false;
    }
}

bool Unpickler::runText(std::uint8_t op) {
    switch (op) {
        case 'S':
            push(addText(PickleKind::Text, unquoted(line())));
            return true;
        case 'V':
            push(addText(PickleKind::Text, unescaped(line())));
            return true;
        // Python 2 byte strings: names of keys, as a rule.
        case 'T':
            push(addText(PickleKind::Text, std::string(sized(4))));
            return true;
        case 'U':
            push(addText(PickleKind::Text, std::string(sized(1))));
            return true;
        case 0x8c:
            push(addText(PickleKind::Text, std::string(sized(1))));
            return true;
        case 'X':
            push(addText(PickleKind::Text, std::string(sized(4))));
            return true;
        case 0x8d:
            push(addText(PickleKind::Text, std::string(sized(8))));
            return true;
        case 'C':
            push(addText(PickleKind::Bytes, std::string(sized(1))));
            return true;
        case 'B':
            push(addText(PickleKind::Bytes, std::string(sized(4))));
            return true;
        case 0x8e:
        case 0x96:
            push(addText(PickleKind::Bytes, std::string(sized(8))));
            return true;
        default:
            return false;
    }
}

bool Unpickler::runContainer(std::uint8_t op) {
    switch (op) {
        case ']':
            push(addSequence(PickleKind::List, {}));
            return true;
        case '}':
            push(addSequence(PickleKind::Dict, {}));
            return true;
        case ')':
            push(addSequence(PickleKind::Tuple, {}));
            return true;
        case 'l':
            push(addSequence(PickleKind::List, popToMark()));
            return true;
        case 't':
            push(addSequence(PickleKind::Tuple, popToMark()));
            return true;
        case 'd': {
            std::vector<Index> items = popToMark();
            push(addSequence(PickleKind::Dict, {}));
            setItems(std::move(items));
            return true;
        }
        case 0x85:
        case 0x86:
        case 0x87: {
            std::vector<Index> items(static_cast<std::size_t>(op - 0x84));
            for (std::size_t i = items.size(); i-- > 0;)
                items[i] = pop();
            push(addSequence(PickleKind::Tuple, std::move(items)));
            return true;
        }
        case 'a':
            append({pop()});
            return true;
        case 'e':
            append(popToMark());
            return true;
        case 's': {
            const Index value = pop();
            setItems({pop(), value});
            return true;
        }
        case 'u':
            setItems(popToMark());
            return true;
        case 0x8f:
            push(opaque("set", addSequence(PickleKind::Tuple, {})));
            return true;
        case 0x90:
            append(popToMark());
            return true;
        case 0x91:
            push(opaque("frozenset", addSequence(PickleKind::Tuple, popToMark())));
            return true;
        default:
            return false;
    }
}

bool Unpickler::runStack(std::uint8_t op) {
    switch (op) {
        case '(':
            mark();
            return true;
        case '0':
            // Python lets POP take a mark away too.
            if (!marks_.empty() && marks_.back() == stack_.size()) {
                marks_.pop_back();
            } else {
                pop();
            }
            return true;
        case '1':
            popToMark();
            return true;
        case '2':
            push(top());
            return true;
        case 'p':
        case 'g': {
            const std::string_view digits = line();
            std::uint64_t slot = 0;
            const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), slot);
            if (result.ec != std::errc() || digits.empty()) fail("a memo entry has no number");
            op == 'p' ? remember(slot) : recall(slot);
            return true;
        }
        case 'q':
            remember(number(1));
            return true;
        case 'r':
            remember(number(4));
            return true;
        case 0x94:
            remember(memo_.size());
            return true;
        case 'h':
            recall(number(1));
            return true;
        case 'j':
            recall(number(4));
            return true;
        case 0x80:
            if (number(1) > 5) fail("it is written in a protocol newer than 5");
            return true;
        case 0x95:
            number(8);
            return true;  // a frame only helps buffering
        default:
            return false;
    }
}

bool Unpickler::runObject(std::uint8_t op) {
    switch (op) {
        case 'c': {
            const std::string_view module = line();
            pushGlobal(module, line());
            return true;
        }
        case 0x93: {
            const Index name = pop();
            const Index module = pop();
            if (node(name).kind != PickleKind::Text || node(module).kind != PickleKind::Text) {
                fail("a class has no name");
            }
            pushGlobal(std::string(node(module).text), std::string(node(name).text));
            return true;
        }
        case 'i': {
            const std::string_view module = line();
            const std::string_view name = line();
            const Index arguments = addSequence(PickleKind::Tuple, popToMark());
            pushGlobal(module, name);
            push(call(pop(), arguments));
            return true;
        }
        case 'o': {
            std::vector<Index> items = popToMark();
            if (items.empty()) fail("an object has no class");
            const Index callable = items.front();
            items.erase(items.begin());
            push(call(callable, addSequence(PickleKind::Tuple, std::move(items))));
            return true;
        }
        case 'R':
        case 0x81:
        case 0x92: {
            if (op == 0x92) pop();  // keyword arguments
            const Index arguments = pop();
            push(call(pop(), arguments));
            return true;
        }
        case 'b':
            build();
            return true;
        case 'Q':
            persistentId();
            return true;
        case 'P':
            fail("it names its tensors in a way that torch.save does not");
        case 0x82:
        case 0x83:
        case 0x84:
            fail("it uses copyreg extensions, which have no meaning outside their own program");
        case 0x97:
        case 0x98:
            fail("it keeps data in buffers outside the file");
        default:
            return false;
    }
}

void Unpickler::fail(const std::string& problem) const {
    throw Error("the pickle in this file cannot be read: " + problem, where_,
                "download the file again, or save its state dict anew with torch.save");
}

std::string_view Unpickler::take(std::uint64_t count) {
    if (count > bytes_.size() - position_) fail("it ends too early");
    const auto* start = reinterpret_cast<const char*>(bytes_.data()) + position_;
    position_ += static_cast<std::size_t>(count);
    return {start, static_cast<std::size_t>(count)};
}

std::uint64_t Unpickler::number(std::size_t width) {
    const std::string_view digits = take(width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(digits[i]);
    return value;
}

std::string_view Unpickler::line() {
    const std::byte* start = bytes_.data() + position_;
    const auto* end = static_cast<const std::byte*>(std::memchr(start, '\n', bytes_.size() - position_));
    if (!end) fail("it ends too early");
    std::string_view text = take(static_cast<std::uint64_t>(end - start));
    ++position_;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text;
}

/// Values that are pushed are not always new: an instruction of one byte repeats one, and a deflated file
/// holds a thousand of them a byte.
void Unpickler::push(Index index) {
    if (stack_.size() >= limits_.objects) {
        fail("it keeps more than " + std::to_string(limits_.objects) + " values on its stack");
    }
    stack_.push_back(index);
}

void Unpickler::mark() {
    if (marks_.size() >= limits_.objects) {
        fail("it sets more than " + std::to_string(limits_.objects) + " marks");
    }
    marks_.push_back(stack_.size());
}

Unpickler::Index Unpickler::pop() {
    const Index index = top();
    stack_.pop_back();
    return index;
}

Unpickler::Index Unpickler::top() const {
    if (stack_.empty() || (!marks_.empty() && marks_.back() >= stack_.size())) fail("its stack runs empty");
    return stack_.back();
}

std::vector<Unpickler::Index> Unpickler::popToMark() {
    if (marks_.empty()) fail("a mark is missing");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Index> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
}

void Unpickler::remember(std::uint64_t slot) {
    memo_[slot] = top();
    if (memo_.size() > limits_.objects)
        fail("it remembers more than " + std::to_string(limits_.objects) + " values");
}

void Unpickler::recall(std::uint64_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) fail("it refers to a value that is not there");
    push(found->second);
}

void Unpickler::countPlaces(std::size_t more) {
    places_ += more;
    if (places_ > limits_.objects) {
        fail("its lists and dictionaries hold more than " + std::to_string(limits_.objects) + " values");
    }
}

Unpickler::Index Unpickler::add(PickleNode value) {
    if (tree_.nodes_.size() >= limits_.objects) {
        fail("it holds more than " + std::to_string(limits_.objects) + " values");
    }
    textBytes_ += value.text.size();
    if (textBytes_ > limits_.textBytes) {
        fail("it holds more than " + std::to_string(limits_.textBytes >> 20) + " MB of text");
    }
    tree_.nodes_.push_back(std::move(value));
    return static_cast<Index>(tree_.nodes_.size() - 1);
}

Unpickler::Index Unpickler::addText(PickleKind kind, std::string text) {
    return add({.kind = kind, .text = std::move(text)});
}

Unpickler::Index Unpickler::addInt(std::int64_t value) {
    return add({.kind = PickleKind::Int, .integer = value});
}

Unpickler::Index Unpickler::addSequence(PickleKind kind, std::vector<Index> items) {
    countPlaces(items.size());
    return add({.kind = kind, .children = std::move(items)});
}

void Unpickler::pushLittleEndianInt(std::string_view digits) {
    const bool negative = !digits.empty() && (static_cast<unsigned char>(digits.back()) & 0x80);
    if (digits.size() <= 8) {
        std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
        for (std::size_t i = digits.size(); i-- > 0;)
            value = value << 8 | static_cast<unsigned char>(digits[i]);
        push(addInt(static_cast<std::int64_t>(value)));
        return;
    }
    // Two's complement as it stands; only the magic number of legacy files is ever looked at.
    std::string text = "0x";
    constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t i = digits.size(); i-- > 0;) {
        const auto byte = static_cast<unsigned char>(digits[i]);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    push(addText(PickleKind::BigInt, std::move(text)));
}

void Unpickler::pushDecimal(std::string_view digits) {
    std::int64_t value = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec == std::errc::invalid_argument || result.ptr != digits.data() + digits.size()) {
        fail("a number is not written as one");
    }
    push(result.ec == std::errc() ? addInt(value) : addText(PickleKind::BigInt, std::string(digits)));
}

void Unpickler::pushGlobal(std::string_view module, std::string_view name) {
    push(addText(PickleKind::Global, std::string(module) + "." + std::string(name)));
}

void Unpickler::append(std::vector<Index> items) {
    PickleNode& list = tree_.nodes_[top()];
    if (list.kind != PickleKind::List && list.kind != PickleKind::Opaque) fail("values are added to no list");
    countPlaces(items.size());
    list.children.insert(list.children.end(), items.begin(), items.end());
}

void Unpickler::setItems(std::vector<Index> items) {
    PickleNode& dict = tree_.nodes_[top()];
    if (dict.kind != PickleKind::Dict && dict.kind != PickleKind::Opaque) fail("values are set in no dict");
    if (items.size() % 2 != 0) fail("a key has no value");
    countPlaces(items.size());
    dict.children.insert(dict.children.end(), items.begin(), items.end());
}

/// Attributes of objects that we know (a tensor's, an OrderedDict's _metadata) mean nothing here.
void Unpickler::build() {
    const Index state = pop();
    PickleNode& object = tree_.nodes_[top()];
    if (object.kind == PickleKind::Opaque) object.children[1] = state;
}

}  // namespace dinoscope
