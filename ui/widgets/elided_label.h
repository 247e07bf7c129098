#pragma once

#include <QWidget>

namespace dinoscope {

/// One line of text that gives way: cut in the middle where there is no room, and then whole in the tool tip,
/// above the one that was set.
class ElidedLabel : public QWidget {
    Q_OBJECT

public:
    explicit ElidedLabel(Qt::TextElideMode mode = Qt::ElideMiddle, QWidget* parent = nullptr);

    void setText(const QString& text);
    QString text() const { return text_; }
    void setRole(QPalette::ColorRole role);
    void setAlignment(Qt::Alignment alignment);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    Qt::TextElideMode mode_;
    QString text_;
    QPalette::ColorRole role_ = QPalette::WindowText;
    Qt::Alignment alignment_ = Qt::AlignLeft | Qt::AlignVCenter;
};

}  // namespace dinoscope
