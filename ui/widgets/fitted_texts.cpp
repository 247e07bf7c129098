#include "ui/widgets/fitted_texts.h"

#include <QFontMetrics>

namespace dinoscope {

namespace {

constexpr int kMostLines = 4096;

}  // namespace

FittedTexts::FittedTexts() : lines_(kMostLines) {}

const QStaticText& FittedTexts::fit(const QString& text, const QFont& font, int width) {
    if (font != font_ || width != width_) lines_.clear();
    font_ = font;
    width_ = width;
    if (const QStaticText* known = lines_.object(text)) return *known;
    auto* line = new QStaticText(QFontMetrics(font).elidedText(text, Qt::ElideMiddle, width));
    line->setTextFormat(Qt::PlainText);
    line->setPerformanceHint(QStaticText::AggressiveCaching);
    line->prepare({}, font);
    lines_.insert(text, line);
    return *line;
}

}  // namespace dinoscope
