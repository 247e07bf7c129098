#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace dinoscope {

class ThumbnailLoader;

/// What is seen before there is a picture: what to do, and pictures to start with.
class EmptyState : public QWidget {
    Q_OBJECT

public:
    explicit EmptyState(QWidget* parent = nullptr);

    void setTexts(const QString& title, const QString& text);
    /// Whether a network can be trained from here.
    void setTrainOffered(bool offered);
    /// Files to offer; the first few are shown.
    void setSamples(const QStringList& files);
    const ThumbnailLoader& loader() const { return *loader_; }

Q_SIGNALS:
    void openImageRequested();
    void openFolderRequested();
    void trainRequested();
    void sampleChosen(const QString& file);
    void pendingChanged();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void showFitting();

    ThumbnailLoader* loader_;
    QWidget* samples_;
    QHBoxLayout* sampleRow_;
    QWidget* icon_;
    QLabel* title_;
    QLabel* text_;
    QPushButton* train_;
};

}  // namespace dinoscope
