#include "ui/widgets/curve_content.h"

#include <QFontMetrics>
#include <QLocale>
#include <QPainter>
#include <QPalette>
#include <algorithm>
#include <cmath>

#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr double kMargin = 0.06;  // of the values' range, above and below
constexpr int kSwatch = 8;

constexpr int kBesideText = kSwatch + kHalfStep + 2 * kStep;  // of an item of the heading

/// Powers of ten as the axes write them.
QString numberText(double value) {
    if (!std::isfinite(value)) return QStringLiteral("–");
    const QString text = QLocale::c().toString(value, 'g', 4);
    const qsizetype power = text.indexOf(QLatin1Char('e'));
    if (power < 0) return text;
    static const QString kRaised = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString raised;
    for (const QChar digit : QString::number(text.mid(power + 1).toInt()))
        raised += digit == QLatin1Char('-') ? QChar(u'⁻') : kRaised[digit.digitValue()];
    return text.left(power) + QStringLiteral("·10") + raised;
}

int widthOf(const std::vector<CurveLegendItem>& items, const QFontMetrics& metrics) {
    int width = -2 * kStep;
    for (const CurveLegendItem& item : items)
        width += metrics.horizontalAdvance(item.text()) + kBesideText;
    return width;
}

/// Where there is no room averages go first. Then each text with its swatch takes at most an equal share:
/// names lose their ends, numbers stay.
std::vector<CurveLegendItem> fitted(std::vector<CurveLegendItem> items, const QFontMetrics& metrics,
                                    int room) {
    if (items.empty() || widthOf(items, metrics) <= room) return items;
    for (CurveLegendItem& item : items)
        item.average.clear();
    if (widthOf(items, metrics) <= room) return items;
    const int share = std::max(0, room / int(items.size()) - kBesideText);
    for (CurveLegendItem& item : items) {
        const int left = share - metrics.horizontalAdvance(QLatin1Char(' ') + item.number);
        item.name = metrics.elidedText(item.name, Qt::ElideRight, left);
    }
    return items;
}

/// Of a line dots, of a dashed curve two halves.
void paintSwatch(QPainter& painter, const QRectF& place, const QColor& colour, const CurveLegendItem& item) {
    if (!item.curve) {
        painter.setPen(QPen(colour, 1.5, Qt::DotLine));
        const double middle = place.center().y();
        painter.drawLine(QPointF(place.left(), middle), QPointF(place.right(), middle));
        return;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    const double part = item.dashed ? (kSwatch - 2) / 2.0 : kSwatch;
    for (double x = place.left(); x < place.right(); x += part + 2)
        painter.drawRoundedRect(QRectF(x, place.top(), part, place.height()), 2, 2);
}

/// A swatch with its text; returns how wide they are.
int paintLegendItem(QPainter& painter, const QRect& place, const CurveLegendItem& item,
                    const QColor& textColour, const QColor& swatch) {
    const QString text = item.text();
    const int middle = place.center().y() + 1;
    paintSwatch(painter, QRectF(place.left(), middle - kSwatch / 2, kSwatch, kSwatch), swatch, item);
    painter.setPen(textColour);
    const int room = kSwatch + kHalfStep;
    painter.drawText(place.adjusted(room, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text);
    return room + painter.fontMetrics().horizontalAdvance(text);
}

}  // namespace

QString CurveLegendItem::text() const {
    QStringList parts{name, number, average};
    parts.removeAll(QString());
    return parts.join(QLatin1Char(' '));
}

QColor curveColour(int index, bool dark) {
    // Found by search: any two are 25 or more apart in CIELAB as Machado et al. 2009 has people see them who
    // lack red, green or blue, the first four 29 or more; against the window's ground 3.3:1 at least.
    static const QColor kDark[] = {"#78aef5", "#b6ec13", "#fbd0e6", "#739550",
                                   "#e05299", "#5af280", "#bd910f", "#a65af2"};
    static const QColor kLight[] = {"#2866c4", "#ec4913", "#af6a9d", "#8e0b0b",
                                    "#7f13ec", "#732639", "#cc6666", "#602673"};
    constexpr int kColours = int(std::size(kDark));
    const int wrapped = (index % kColours + kColours) % kColours;
    return dark ? kDark[wrapped] : kLight[wrapped];
}

QColor mixed(const QColor& colour, const QColor& ground, int alpha) {
    const auto mix = [alpha](int over, int under) { return (over * alpha + under * (255 - alpha)) / 255; };
    return {mix(colour.red(), ground.red()), mix(colour.green(), ground.green()),
            mix(colour.blue(), ground.blue())};
}

CurveRange widened(CurveRange range) {
    if (range.first < range.second) return range;
    const double room = range.first == 0 ? 1 : std::abs(range.first) * 0.1;
    return {range.first - room, range.first + room};
}

void CurveContent::setCurves(std::vector<Curve> curves) {
    entries.clear();
    for (Curve& curve : curves)
        entries.push_back({std::move(curve)});
    smooth();
}

bool CurveContent::setSmoothing(double span) {
    if (span == span_) return false;
    span_ = span;
    for (Entry& entry : entries)
        entry.smooth.reset();
    smooth();
    return true;
}

void CurveContent::smooth() {
    if (span_ <= 1) return;
    for (Entry& entry : entries) {
        if (!entry.curve.noisy) continue;
        if (!entry.smooth) {
            entry.smooth = std::make_shared<CurveValues>();
            entry.smoother.emplace(span_);
        }
        entry.smoother->extend(*entry.curve.y, *entry.smooth);
    }
}

std::optional<CurveRange> CurveContent::extent() const {
    std::optional<CurveRange> found;
    for (const Entry& entry : entries) {
        if (entry.size() == 0) continue;
        const double first = entry.positions().front(), last = entry.positions().back();
        found = found ? CurveRange{std::min(found->first, first), std::max(found->second, last)}
                      : CurveRange{first, last};
    }
    return found;
}

CurveRange CurveContent::fittedValues() const {
    CurveExtremes seen;
    for (const Entry& entry : entries) {
        const std::span<const double> x = entry.positions();
        const auto first = std::lower_bound(x.begin(), x.end(), range.first) - x.begin();
        const auto last = std::upper_bound(x.begin(), x.end(), range.second) - x.begin();
        if (first < last) seen.include(entry.curve.y->extremes(std::size_t(first), std::size_t(last)));
    }
    if (!seen.any()) return logarithmic ? CurveRange{0.1, 1} : CurveRange{0, 1};
    for (const CurveLine& line : lines) {
        if (line.fitted) seen.include(line.value);
    }
    if (logarithmic && std::isfinite(seen.leastPositive)) {
        const double room = std::pow(std::max(seen.high / seen.leastPositive, 1.1), kMargin);
        return {seen.leastPositive / room, seen.high * room};
    }
    const CurveRange found = widened({seen.low, seen.high});
    const double room = (found.second - found.first) * kMargin;
    return {found.first - room, found.second + room};
}

bool CurveContent::isMeasured() const {
    return std::ranges::any_of(entries, &Entry::isMeasured);
}

std::vector<CurveLegendItem> CurveContent::legend() const {
    std::vector<CurveLegendItem> items;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        if (!entry.isMeasured()) continue;
        const std::span<const double> x = entry.positions();
        const std::size_t place = cursor ? nearestIndex(x, *cursor) : x.size() - 1;
        CurveLegendItem item{&entry.curve, i >= kFirstDashed, entry.curve.name,
                             numberText((*entry.curve.y)[place])};
        if (entry.smooth && std::isfinite((*entry.smooth)[place]))
            item.average = QLatin1Char('~') + numberText((*entry.smooth)[place]);
        items.push_back(std::move(item));
    }
    const CurveRange seen = valueRange();
    for (const CurveLine& line : lines) {
        const QString place = line.value > seen.second  ? QStringLiteral(" ↑")
                              : line.value < seen.first ? QStringLiteral(" ↓")
                                                        : QString();
        items.push_back(
            {nullptr, false, line.name, numberText(line.value) + (isMeasured() ? place : QString())});
    }
    return items;
}

QStringList CurveContent::unmeasured() const {
    QStringList names;
    for (const Entry& entry : entries) {
        if (!entry.isMeasured()) names << entry.curve.name;
    }
    return names;
}

void CurveContent::paintHeading(QPainter& painter, const QRect& place, const QFont& font,
                                const QPalette& palette, bool dark) const {
    QFont bold = font;
    bold.setWeight(QFont::DemiBold);
    painter.setFont(bold);
    painter.setPen(palette.color(QPalette::WindowText));
    QRect rest = place.adjusted(kStep, 0, -kStep, 0);
    const QString shown = painter.fontMetrics().elidedText(title, Qt::ElideRight, rest.width());
    painter.drawText(rest, Qt::AlignVCenter | Qt::AlignLeft, shown);
    rest.setLeft(rest.left() + painter.fontMetrics().horizontalAdvance(shown) + 2 * kStep);
    painter.setFont(font);
    const QColor muted = palette.color(QPalette::PlaceholderText);
    for (const CurveLegendItem& item : fitted(legend(), painter.fontMetrics(), rest.width())) {
        const QString text = item.text();
        const QColor swatch = item.curve ? curveColour(item.curve->colour, dark) : muted;
        const QColor colour = item.curve ? palette.color(QPalette::WindowText) : muted;
        // Half a number would be another one.
        if (kSwatch + kHalfStep + painter.fontMetrics().horizontalAdvance(text) > rest.width()) {
            painter.setPen(muted);
            painter.drawText(rest, Qt::AlignVCenter | Qt::AlignLeft, QStringLiteral("…"));
            break;
        }
        rest.setLeft(rest.left() + paintLegendItem(painter, rest, item, colour, swatch) + 2 * kStep);
    }
}

}  // namespace dinoscope
