#pragma once

#include <QImage>
#include <QWidget>
#include <vector>

namespace dinoscope {

/// Small square pictures in rows over the whole width, as many as fit the rows allowed. Who owns it loads
/// them.
class ContactSheet : public QWidget {
    Q_OBJECT

public:
    /// `side` of a picture in logical pixels.
    ContactSheet(int side, int mostRows, QWidget* parent = nullptr);

    /// Places for as many pictures, all empty.
    void setCount(int count);
    void setPicture(int index, const QImage& picture);
    void setToolTips(const QStringList& texts) { toolTips_ = texts; }
    /// How many of them are in sight.
    int shown() const;

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {480, heightForWidth(480)}; }

Q_SIGNALS:
    void clicked(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool event(QEvent* event) override;

private:
    int columnsFor(int width) const;
    QRect cell(int index) const;
    int at(const QPoint& point) const;

    int side_;
    int mostRows_;
    std::vector<QImage> pictures_;
    QStringList toolTips_;
};

}  // namespace dinoscope
