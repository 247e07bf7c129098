#pragma once

#include <QDBusMessage>
#include <optional>

namespace dinoscope {

/// What is said to a desktop over D-Bus, apart from sending it.

/// Asks systemd-logind for a lock against sleeping, which the reply holds
/// (https://systemd.io/INHIBITOR_LOCKS).
QDBusMessage inhibitCall(const QString& why);
/// Of the launcher's interface of Unity: how far the work is, from 0 to 1; nothing takes it away.
QDBusMessage progressSignal(std::optional<double> share);
/// By the freedesktop.org notifications.
QDBusMessage notifyCall(const QString& title, const QString& text);

}  // namespace dinoscope
