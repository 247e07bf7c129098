#pragma once

#include <QString>
#include <QWidget>
#include <vector>

namespace dinoscope {

/// Parts of a whole side by side against a limit, with their names below: which is the largest is seen at
/// once, and whether all fit.
class StackBar : public QWidget {
    Q_OBJECT

public:
    struct Part {
        QString name;
        QString value;  ///< for people
        double size = 0;
    };

    explicit StackBar(QWidget* parent = nullptr);

    /// `limit` in the unit of the parts, with a text for the tool tip; 0 for none.
    void setParts(std::vector<Part> parts, double limit, const QString& limitText);
    /// Whether the names of the parts are written below.
    void setNamed(bool named);
    const std::vector<Part>& parts() const { return parts_; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {160, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double total() const;
    QColor colourOf(std::size_t part) const;

    std::vector<Part> parts_;
    double limit_ = 0;
    bool named_ = true;
};

}  // namespace dinoscope
