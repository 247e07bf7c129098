#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace dinoscope {

/// What a page shows while it has nothing to show: an icon, a title, what to do, and buttons that do it.
class EmptyPage : public QWidget {
    Q_OBJECT

public:
    /// `icon`: the name of a themeIcon().
    explicit EmptyPage(const QString& icon, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setText(const QString& text);
    QLabel& text() { return *text_; }
    /// Below the text; the page takes it.
    void addButton(QPushButton* button);

private:
    QVBoxLayout* column_;
    QLabel* title_;
    QLabel* text_;
};

}  // namespace dinoscope
