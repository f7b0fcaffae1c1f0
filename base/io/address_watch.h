// Tells when this host's addresses change (rtnetlink(7)).
#pragma once

#include <functional>
#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "base/uv.h"

namespace io {

class AddressWatch {
 public:
  // `on_change` runs on the loop after an address was added to an interface or taken from one: once for all changes
  // that were waiting. Error: the kernel gives no such socket (a sandbox without AF_NETLINK).
  [[nodiscard]] static base::Result<std::unique_ptr<AddressWatch>> open(base::Loop& loop,
                                                                        std::function<void()> on_change);

 private:
  AddressWatch(base::Loop& loop, base::Fd fd, std::function<void()> on_change);
  void drain();

  base::Fd fd_;
  std::function<void()> on_change_;
  base::Poll poll_;  // goes before its descriptor
};

}  // namespace io
