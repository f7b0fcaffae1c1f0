// By what a server of HTTPS is known, and whom it lets in.
#pragma once

#include <string>

namespace io {

// A certificate chain and its private key, PEM text.
struct ServerTls {
  std::string cert;
  std::string key;
  // Authorities of clients: who has no certificate by one of them, or an expired one, or one that is not for clients,
  // does not get beyond the handshake. Empty: no certificate is asked for.
  std::string client_ca{};
  bool operator==(const ServerTls&) const = default;
};

}  // namespace io
