#pragma once

#include <QCache>
#include <QFont>
#include <QStaticText>

namespace dinoscope {

/// Lines of text, elided in the middle to a width and laid out, kept for the next paint: laying out took half
/// of a grid's repaint.
class FittedTexts {
public:
    FittedTexts();

    /// `text` in `font`, no wider than `width` pixels. Valid until the next call.
    const QStaticText& fit(const QString& text, const QFont& font, int width);

private:
    QCache<QString, QStaticText> lines_;
    QFont font_;
    int width_ = 0;
};

}  // namespace dinoscope
