#pragma once

#include <QImage>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QString>
#include <QStringList>

namespace dinoscope {

/// What a run of `dino` left.
struct Outcome {
    int status = -1;  ///< -1 where it crashed or was killed
    QString out;
    QString err;

    QJsonObject json() const { return QJsonDocument::fromJson(out.toUtf8()).object(); }
};

inline void start(QProcess& process, const QStringList& arguments) {
    process.setProgram(QStringLiteral(PROGRAM_DIR "/dino"));
    process.setArguments(arguments);
    process.start();
}

inline Outcome finish(QProcess& process) {
    process.waitForFinished(240'000);
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

inline Outcome dino(const QStringList& arguments) {
    QProcess process;
    start(process, arguments);
    return finish(process);
}

/// Stripes along (even numbers) or across, no two pictures alike.
inline QImage stripes(int number, int width, int height) {
    QImage image(width, height, QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            const int along = number % 2 ? x : y;
            image.setPixel(x, y, qRgb(along * (3 + number) % 256, (x + number * 9) % 256, (y * 5) % 256));
        }
    }
    return image;
}

}  // namespace dinoscope
