#pragma once

#include <QColor>
#include <QRect>
#include <QString>
#include <QStringList>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ui/widgets/curve_values.h"

class QFont;
class QPainter;
class QPalette;

namespace dinoscope {

/// Numbers at ascending positions, which curves may share. Whoever owns them appends, then has the plot
/// refreshed.
struct Curve {
    QString name{};
    int colour = 0;  ///< of curveColour()
    std::shared_ptr<const std::vector<double>> x{};
    std::shared_ptr<const CurveValues> y{};
    bool noisy = false;   ///< it is what smoothing is for
    bool sparse = false;  ///< its points are marked
};

/// A value to compare with, as a dashed line.
struct CurveLine {
    QString name;
    double value = 0;
    bool fitted = true;  ///< values are fitted to it too; else it may lie outside, and the heading says where
};

/// What the heading tells of a curve or a line.
struct CurveLegendItem {
    const Curve* curve = nullptr;  ///< null for a line
    bool dashed = false;
    QString name;
    QString number;
    QString average{};  ///< "~5.46"; empty without

    QString text() const;
};

/// Colours that are told apart in either theme, by people who see no red, no green or no blue too; counted
/// round.
QColor curveColour(int index, bool dark);

/// A colour at some alpha over a ground: opaque, which is drawn faster.
QColor mixed(const QColor& colour, const QColor& ground, int alpha);

/// A range of positions or values, with a width.
using CurveRange = std::pair<double, double>;
CurveRange widened(CurveRange range);

/// What a plot shows, without a widget: curves and their averages, the stretch that is seen, the cursor.
class CurveContent {
public:
    /// A curve with its average.
    struct Entry {
        Curve curve;
        std::shared_ptr<CurveValues> smooth{};  ///< null without
        std::optional<CurveSmoother> smoother{};

        const CurveValues& values() const { return smooth ? *smooth : *curve.y; }
        std::size_t size() const { return std::min(curve.x->size(), curve.y->size()); }
        std::span<const double> positions() const { return {curve.x->data(), size()}; }
        /// It has a finite value.
        bool isMeasured() const { return curve.y->extremes(0, size()).any(); }
    };

    QString title;
    QString emptyText;  ///< instead of a plot of nothing
    std::vector<Entry> entries;
    std::vector<CurveLine> lines;
    /// Of a plot that has many: colours alone would have to tell them apart.
    static constexpr std::size_t kFirstDashed = 4;

    bool seconds = false;
    bool logarithmic = false;
    CurveRange range{0, 1};
    std::optional<CurveRange> values;  ///< as the person zoomed them
    std::optional<double> cursor;

    void setCurves(std::vector<Curve> curves);
    /// False where it was that already.
    bool setSmoothing(double span);
    /// Goes on with the averages after values were appended.
    void smooth();

    /// From the first position to the last; empty without any.
    std::optional<CurveRange> extent() const;
    /// Of all that is visible and the lines that are fitted, with a margin.
    CurveRange fittedValues() const;
    CurveRange valueRange() const { return values.value_or(fittedValues()); }
    /// Some curve has a finite value.
    bool isMeasured() const;
    /// The values under the cursor, or the last, of the curves that have any; then those of the lines.
    std::vector<CurveLegendItem> legend() const;
    /// Names of the curves that have none.
    QStringList unmeasured() const;

    /// Title, then a swatch, name and value for each curve, as far as there is room.
    void paintHeading(QPainter& painter, const QRect& place, const QFont& font, const QPalette& palette,
                      bool dark) const;

private:
    double span_ = 1;
};

}  // namespace dinoscope
