#pragma once

#include <QImage>
#include <QWidget>

#include "engine/api/evaluate.h"

namespace dinoscope {

/// A confusion matrix: rows are true classes, columns what was predicted, colours the share of the row. The
/// tool tip names the two and their count.
class ConfusionView : public QWidget {
    Q_OBJECT

public:
    explicit ConfusionView(QWidget* parent = nullptr);

    void setMatrix(api::ConfusionMatrix matrix);
    /// "3 of 380 “church” taken for “garbage truck”"; empty outside.
    QString cellText(const QPoint& position) const;

    QSize sizeHint() const override { return {320, 320}; }
    QSize minimumSizeHint() const override { return {160, 160}; }

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    QRect area() const;

    api::ConfusionMatrix matrix_;
    std::vector<std::int64_t> totals_;  ///< of the rows
    QImage cells_;                      ///< a pixel a pair
};

}  // namespace dinoscope
