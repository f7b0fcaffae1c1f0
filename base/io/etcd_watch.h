// Following one key; of etcd_client.cc alone.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/io/etcd_client.h"
#include "base/io/etcd_exchange.h"

namespace io::etcd {

// `key` with its prefix.
[[nodiscard]] std::unique_ptr<EtcdWatch> make_watch(std::shared_ptr<Exchange> exchange, std::string key,
                                                    std::function<void(const EtcdView&)> on_change);

}  // namespace io::etcd
