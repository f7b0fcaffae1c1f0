// The status page that a program serves at its stats port: files that were put into it when it was built, under a
// content security policy that lets nothing in from elsewhere.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/io/http_server.h"

namespace io {

struct PageFile {
  std::string_view path;  // "/", "/page.js"…
  std::string_view type;  // of its content
  std::string_view text;
};

// What both pages share: /live.css, /live.js and /icon.svg, of base/page.
extern const std::span<const PageFile> kLivePage;

// The file at `path`: one of `own`, or of kLivePage; nothing if there is none.
[[nodiscard]] std::optional<ServerResponse> answer_page(std::span<const PageFile> own, std::string_view path);

}  // namespace io
