#include "engine/train/run/metrics_json.h"

#include <charconv>
#include <limits>

#include "engine/base/utf8.h"

namespace dinoscope {

namespace {

constexpr int kDeepest = 32;

}  // namespace

void JsonScanner::skipBlanks() {
    while (next_ != end_ && (*next_ == ' ' || *next_ == '\t' || *next_ == '\r'))
        ++next_;
}

bool JsonScanner::peek(char wanted) {
    skipBlanks();
    return next_ != end_ && *next_ == wanted;
}

bool JsonScanner::take(char wanted) {
    if (!peek(wanted)) return false;
    ++next_;
    return true;
}

bool JsonScanner::atEnd() {
    skipBlanks();
    return next_ == end_;
}

bool JsonScanner::readName(std::string_view& name) {
    if (!take('"')) return false;
    const char* start = next_;
    while (next_ != end_ && *next_ != '"') {
        if (*next_ == '\\') return false;
        ++next_;
    }
    if (next_ == end_) return false;
    name = {start, static_cast<std::size_t>(next_ - start)};
    ++next_;
    return true;
}

bool JsonScanner::readText(std::string& text) {
    if (!take('"')) return false;
    text.clear();
    while (next_ != end_ && *next_ != '"') {
        if (*next_ == '\\') {
            if (!readEscape(text)) return false;
        } else {
            text += *next_++;
        }
    }
    return take('"');
}

bool JsonScanner::readEscape(std::string& text) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (end_ - next_ < 2) return false;
    const char letter = next_[1];
    next_ += 2;
    if (const std::size_t at = kLetters.find(letter); at != std::string_view::npos) {
        text += kMeanings[at];
        return true;
    }
    unsigned code = 0;
    if (letter != 'u' || !readHex(code)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
        unsigned low = 0;
        if (end_ - next_ < 2 || next_[0] != '\\' || next_[1] != 'u') return false;
        next_ += 2;
        if (!readHex(low) || low < 0xDC00 || low > 0xDFFF) return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    appendUtf8(text, code);
    return true;
}

bool JsonScanner::readHex(unsigned& code) {
    if (end_ - next_ < 4) return false;
    const auto [stop, problem] = std::from_chars(next_, next_ + 4, code, 16);
    if (problem != std::errc() || stop != next_ + 4) return false;
    next_ += 4;
    return true;
}

bool JsonScanner::readNumber(double& number) {
    skipBlanks();
    if (next_ != end_ && *next_ == '"') {
        std::string_view name;
        if (!readName(name)) return false;
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        if (name == "nan") {
            number = std::numeric_limits<double>::quiet_NaN();
        } else if (name == "inf" || name == "-inf") {
            number = name == "inf" ? kInfinity : -kInfinity;
        } else {
            return false;
        }
        return true;
    }
    if (end_ - next_ >= 4 && std::string_view(next_, 4) == "null") {
        next_ += 4;
        number = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    // from_chars() knows "nan" and "inf" as well, which JSON does not.
    if (next_ == end_ || (*next_ != '-' && (*next_ < '0' || *next_ > '9'))) return false;
    if (*next_ == '-' && (end_ - next_ < 2 || next_[1] < '0' || next_[1] > '9')) return false;
    const auto [stop, problem] = std::from_chars(next_, end_, number);
    if (problem != std::errc()) return false;
    next_ = stop;
    return true;
}

bool JsonScanner::readCount(std::int64_t& number) {
    skipBlanks();
    const auto [stop, problem] = std::from_chars(next_, end_, number);
    if (problem != std::errc()) return false;
    next_ = stop;
    return next_ == end_ || (*next_ != '.' && *next_ != 'e' && *next_ != 'E');
}

bool JsonScanner::skipValue() {
    int depth = 0;
    do {
        skipBlanks();
        if (next_ == end_) return false;
        const char letter = *next_;
        if (letter == '"') {
            std::string ignored;
            if (!readText(ignored)) return false;
        } else if (letter == '{' || letter == '[') {
            if (++depth > kDeepest) return false;
            ++next_;
        } else if (letter == '}' || letter == ']') {
            if (--depth < 0) return false;
            ++next_;
        } else if (depth > 0 && (letter == ',' || letter == ':')) {
            ++next_;
        } else {
            const char* start = next_;
            while (next_ != end_ && *next_ != ',' && *next_ != '}' && *next_ != ']' && *next_ != ' ')
                ++next_;
            if (next_ == start) return false;
        }
    } while (depth > 0);
    return true;
}

}  // namespace dinoscope
