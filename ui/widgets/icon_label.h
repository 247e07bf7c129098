#pragma once

#include <QIcon>
#include <QWidget>

namespace dinoscope {

/// An icon that is drawn anew with the theme, where a QLabel would keep a picture of it.
class IconLabel : public QWidget {
    Q_OBJECT

public:
    IconLabel(QIcon icon, int side, QWidget* parent = nullptr);

    void setIcon(const QIcon& icon);
    QSize sizeHint() const override { return {side_, side_}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QIcon icon_;
    int side_;
};

}  // namespace dinoscope
