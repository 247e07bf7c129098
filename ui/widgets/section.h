#pragma once

#include <QWidget>

class QFormLayout;
class QToolButton;
class QVBoxLayout;

namespace dinoscope {

/// A titled part of a panel that folds.
class Section : public QWidget {
    Q_OBJECT

public:
    explicit Section(const QString& title, QWidget* parent = nullptr);

    /// Where the contents go, 8 px apart.
    QVBoxLayout* body() const { return body_; }
    /// A label above a field, in the body; returns the label.
    QWidget* addField(const QString& label, QWidget* field);

    bool isOpen() const;
    void setOpen(bool open);

Q_SIGNALS:
    void toggled(bool open);

private:
    QToolButton* title_;
    QWidget* content_;
    QVBoxLayout* body_;
};

}  // namespace dinoscope
