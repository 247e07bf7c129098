#pragma once

#include <QFrame>

class QLabel;
class QProgressBar;
class QPushButton;

namespace dinoscope {

/// A small card over the lower middle of its parent: how far something is, or a question with one answer.
class FloatingCard : public QFrame {
    Q_OBJECT

public:
    explicit FloatingCard(QWidget* parent);

    /// At the left instead of the middle: where what matters is at the right.
    void setLeft(bool left) { left_ = left; }

    /// `total` 0 means unknown.
    void showProgress(const QString& text, qint64 done, qint64 total, const QString& cancelText);
    void showQuestion(const QString& text, const QString& answer);
    void showNote(const QString& text);
    bool isQuestion() const { return isVisible() && question_; }
    QString text() const;

Q_SIGNALS:
    void clicked();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();

    QLabel* text_;
    QProgressBar* bar_;
    QPushButton* button_;
    bool question_ = false;
    bool left_ = false;
};

}  // namespace dinoscope
