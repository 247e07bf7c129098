#pragma once

#include <QScrollArea>

class QVBoxLayout;

namespace dinoscope {

/// Sections at the side, in a column that scrolls; a hint at its lower end says that more comes below.
class SidePanel : public QScrollArea {
    Q_OBJECT

public:
    explicit SidePanel(QWidget* parent = nullptr);

    /// Below those before, divided by a line.
    void addSection(QWidget* section);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void placeHint();

    QVBoxLayout* column_;
    QWidget* hint_;
};

}  // namespace dinoscope
