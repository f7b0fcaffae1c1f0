#include "base/io/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/log.h"

namespace io {

namespace {

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string out = value == nullptr ? "" : value;
  ::unsetenv(name);
  return out;
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc() && !text.empty() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

// sd_watchdog_enabled(3): WATCHDOG_PID, if it is there, says for whom it is.
base::Duration watchdog_period() {
  const auto period = number(take_variable("WATCHDOG_USEC"));
  const auto pid = take_variable("WATCHDOG_PID");
  if (!period || *period <= 0 || (!pid.empty() && number(pid) != ::getpid())) return {};
  return std::chrono::microseconds(*period);
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

ServiceManager::ServiceManager(base::Loop& loop)
    : address_(take_variable("NOTIFY_SOCKET")),
      socket_(address_.empty() ? -1 : ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      period_(watchdog_period()),
      alive_(loop, [this] { send("WATCHDOG=1"); }) {
  watch();
}

void ServiceManager::watch() {
  if (address_.empty() || period_ == base::Duration::zero()) return alive_.stop();
  const auto half = std::max<base::Duration>(period_ / 2, base::milliseconds(1));
  alive_.start(half, half);
}

void ServiceManager::ready(const std::string& status) { send("READY=1\nSTATUS=" + one_line(status)); }

// systemd wants to know since when, to tell this from a READY=1 of before (sd_notify(3), Type=notify-reload).
void ServiceManager::reloading() {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  const auto us = std::int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void ServiceManager::stopping() { send("STOPPING=1"); }

void ServiceManager::succeeded_by(pid_t pid) {
  send("MAINPID=" + std::to_string(pid));
  address_.clear();
  watch();
}

void ServiceManager::send(const std::string& state) {
  if (address_.empty()) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (address_.size() > sizeof to.sun_path || (address_[0] != '/' && address_[0] != '@')) return;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (address_[0] == '@') to.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const auto sent = ::sendto(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&to), size);
  if (sent >= 0) return;
  base::log(base::Level::kWarn, "service_manager.unheard", "the service manager cannot be told",
            {{"socket", address_}, {"why", std::strerror(errno)}});
}

}  // namespace io
