#pragma once

#include <sys/mount.h>

#include <QByteArray>
#include <QDir>
#include <QFile>
#include <QString>
#include <QTest>

namespace dinoscope {

/// A disk in memory, mounted on a folder as long as it lives. Only root can.
class SmallDisk {
public:
    SmallDisk(const QString& folder, int megabytes) : folder_(folder.toUtf8()) {
        QDir().mkpath(folder);
        const QByteArray size = "size=" + QByteArray::number(megabytes) + "m";
        mounted_ = ::mount("tmpfs", folder_.constData(), "tmpfs", 0, size.constData()) == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.constData(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    bool isMounted() const { return mounted_; }

    /// Takes all the room that is left.
    void fill() const {
        QFile filler(QString::fromUtf8(folder_) + "/filler");
        QVERIFY(filler.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
        const QByteArray block(1 << 20, 'x');
        while (filler.write(block) > 0) {
        }
        while (filler.write("x", 1) > 0) {
        }
    }
    /// Gives so many bytes of it back.
    void release(qint64 bytes) const {
        QFile filler(QString::fromUtf8(folder_) + "/filler");
        QVERIFY(filler.resize(filler.size() - bytes));
    }
    void empty() const { QFile::remove(QString::fromUtf8(folder_) + "/filler"); }

private:
    QByteArray folder_;
    bool mounted_ = false;
};

}  // namespace dinoscope
