// One input of the datagram fuzzer and of its corpus runner: the bytes as they come from the network, and the same
// bytes signed as if a holder of the key had sent them, so that what lies behind the MAC is reached too.
#pragma once

#include <cstdlib>

#include "ecv/datagram.h"

namespace fuzz {

inline void datagram_input(base::ByteView input) {
  ecv::Key key;
  key.id = "p1";
  key.purpose = ecv::Purpose::kPeers;
  key.secret.fill(7);
  const ecv::KeyRing ring({key}, ecv::Purpose::kPeers);
  (void)ecv::decode(input, ring);

  base::ByteWriter writer;
  writer.u8(1);
  writer.bytes8(base::as_bytes(key.id));
  writer.bytes(input);
  writer.bytes(ecv::hmac_sha256(key.secret, writer.data()));
  const auto content = writer.take();
  const auto out = ecv::decode(content, ring);
  if (out.fault != ecv::DatagramFault::kNone) return;
  // What was accepted can be sent, and is the same when it comes back.
  const auto again = ecv::encode(out.datagram, key);
  if (!again || *again != content) std::abort();
}

}  // namespace fuzz
