// The channel to a guard on this host; that to another stands in guard_remote.cc.
#include "sitecheck/io/guard_channel.h"

#include <utility>

#include "sitecheck/io/packet_socket.h"

namespace sitecheck {

namespace {

class LocalChannel final : public GuardChannel {
 public:
  LocalChannel(base::Loop& loop, std::filesystem::path socket, Calls calls)
      : loop_(loop), socket_(std::move(socket)), calls_(std::move(calls)) {}

  base::Result<void> maintain() override {
    if (stream_) return {};
    auto fd = connect_packets(socket_);
    if (!fd) return base::fail(ended_ ? "the guard ended" : fd.error().message);
    ended_ = false;
    stream_ = std::make_unique<PacketStream>(
        loop_, std::move(*fd),
        [this](base::ByteView bytes) {
          if (const auto report = decode_report(bytes)) calls_.on_report(*report);
        },
        [this] {
          stream_.reset();
          ended_ = true;
          calls_.on_end();
        });
    return {};
  }
  void send(const GuardOrder& order) override {
    if (stream_) stream_->send(encode(order));  // a guard that reads nothing reports nothing either
  }

 private:
  base::Loop& loop_;
  std::filesystem::path socket_;
  Calls calls_;
  std::unique_ptr<PacketStream> stream_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<GuardChannel> local_guard_channel(base::Loop& loop, std::filesystem::path socket,
                                                  GuardChannel::Calls calls) {
  return std::make_unique<LocalChannel>(loop, std::move(socket), std::move(calls));
}

}  // namespace sitecheck
