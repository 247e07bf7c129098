#pragma once

#include <QObject>
#include <QString>
#include <QStringList>

class QSettings;

namespace dinoscope {

/// A list of paths used last, kept in the settings. Vanished files are left out when asked.
class Recent : public QObject {
    Q_OBJECT

public:
    /// `settings` outlives this; `key` is where the list is kept.
    Recent(QSettings& settings, QString key, QObject* parent = nullptr);

    QStringList paths() const;
    void add(const QString& path);
    void clear();

Q_SIGNALS:
    void changed();

private:
    QSettings& settings_;
    QString key_;
};

/// The sample pictures that come with the program, found beside it or where it was built; may be empty.
QStringList samplePictures();

}  // namespace dinoscope
