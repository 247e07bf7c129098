#pragma once

#include <QColor>
#include <QString>
#include <QWidget>
#include <vector>

namespace dinoscope {

/// Names with bars, greatest first, one a line; what does not fit the lines allowed is summed up.
class BarList : public QWidget {
    Q_OBJECT

public:
    struct Bar {
        QString name;
        QString value;  ///< at the right end
        double share = 0;
        QColor colour;  ///< invalid: the accent
    };

    explicit BarList(int mostLines, QWidget* parent = nullptr);

    void setBars(std::vector<Bar> bars);
    const std::vector<Bar>& bars() const { return bars_; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {80, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int lineHeight() const;
    int lines() const;

    int mostLines_;
    std::vector<Bar> bars_;
};

}  // namespace dinoscope
