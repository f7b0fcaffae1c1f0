// The lines of the control socket: JSON in, JSON out; and its errors. Used by control.cc, control_client.cc and
// command.cc only.
#pragma once

#include <string>
#include <string_view>

#include "base/io/control.h"
#include "base/result.h"

namespace io {

// The request that a line makes, without the caller's identity. Error names what is wrong with it.
[[nodiscard]] base::Result<ControlRequest> parse_request(std::string_view line);
[[nodiscard]] std::string format_reply(const ControlReply& reply);

// Error: `args` is not the text of an object.
[[nodiscard]] base::Result<std::string> format_request(std::string_view command, std::string_view args,
                                                       std::string_view reason);
[[nodiscard]] base::Result<ControlReply> parse_reply(std::string_view line);

// Of an error of ask_control(): no daemon is there to be asked, rather than one that cannot be.
[[nodiscard]] bool nobody_answers(const base::Error& error);

}  // namespace io
