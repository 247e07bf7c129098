#pragma once

#include <QImage>
#include <QWidget>
#include <vector>

namespace dinoscope {

/// Small square pictures in rows over the whole width, as many as fit the rows allowed. Who owns it loads
/// them. One stop of the keyboard: arrows move among them, Enter and Space choose.
class ContactSheet : public QWidget {
    Q_OBJECT

public:
    /// `side` of a picture in logical pixels.
    ContactSheet(int side, int mostRows, QWidget* parent = nullptr);

    /// Places for as many pictures, all empty.
    void setCount(int count);
    void setPicture(int index, const QImage& picture);
    /// Their names too.
    void setToolTips(const QStringList& texts);
    /// The one that the keyboard is at.
    int current() const { return current_; }
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
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    int columnsFor(int width) const;
    QRect cell(int index) const;
    int at(const QPoint& point) const;
    void setCurrent(int index);

    int side_;
    int mostRows_;
    std::vector<QImage> pictures_;
    QStringList toolTips_;
    int current_ = 0;
    bool focusShown_ = false;
};

}  // namespace dinoscope
