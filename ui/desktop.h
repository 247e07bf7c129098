#pragma once

#include <QString>
#include <memory>
#include <optional>

namespace dinoscope {

/// What a desktop does for a program that works on while nobody looks. Where it cannot, nothing happens.
/// Tests put their own in its place.
class Desktop {
public:
    virtual ~Desktop() = default;
    /// Keeps the machine from sleeping as long as it is true.
    virtual void setAwake(bool awake, const QString& why) = 0;
    /// On the icon of the program, from 0 to 1; nothing takes it away.
    virtual void setProgress(std::optional<double> share) = 0;
    virtual void notify(const QString& title, const QString& text) = 0;
};

/// By systemd-logind, the launcher's interface of Unity (KDE and GNOME's docks follow it), and the
/// freedesktop.org notifications. Calls do not wait.
class DBusDesktop : public Desktop {
public:
    DBusDesktop();
    ~DBusDesktop() override;
    void setAwake(bool awake, const QString& why) override;
    void setProgress(std::optional<double> share) override;
    void notify(const QString& title, const QString& text) override;

private:
    struct Lock;
    std::shared_ptr<Lock> lock_;  ///< held as long as the machine is to stay awake
};

}  // namespace dinoscope
