#pragma once

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace dinoscope {

class IconLabel;

/// A line across the window that tells something and stays until it is dismissed or replaced.
class MessageBar : public QFrame {
    Q_OBJECT

public:
    enum class Kind { Info, Warning, Error };

    explicit MessageBar(QWidget* parent = nullptr);

    void tell(Kind kind, const QString& sentence);
    QString sentence() const;
    /// A button beside the sentence, in its words; clicked(action) is told by actionTriggered().
    void setAction(const QString& text);
    void setDismissible(bool dismissible);

Q_SIGNALS:
    void actionTriggered();

protected:
    void changeEvent(QEvent* event) override;

private:
    void tintIcon();

    Kind kind_ = Kind::Info;
    IconLabel* icon_;
    QLabel* text_;
    QToolButton* action_;
    QToolButton* close_;
};

}  // namespace dinoscope
