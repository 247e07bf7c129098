#pragma once

#include <QColor>
#include <QString>
#include <QWidget>
#include <utility>
#include <vector>

namespace dinoscope {

/// What colours mean: a gradient between two numbers, or a list of coloured names.
class ColourBar : public QWidget {
    Q_OBJECT

public:
    explicit ColourBar(QWidget* parent = nullptr);

    /// `colours` from low to high. The numbers are written as they are given.
    void setGradient(std::vector<QColor> colours, const QString& low, const QString& high);
    void setLegend(std::vector<std::pair<QColor, QString>> entries);
    void clear();
    QString lowText() const { return low_; }
    QString highText() const { return high_; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void drawLegend(QPainter& painter);

    std::vector<QColor> colours_;
    std::vector<std::pair<QColor, QString>> legend_;
    QString low_;
    QString high_;
};

}  // namespace dinoscope
