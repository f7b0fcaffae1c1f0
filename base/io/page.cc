#include "base/io/page.h"

#include <algorithm>
#include <string>

namespace io {

namespace {

// Scripts and styles come from files of this server only, never from markup; no text can become markup (trusted
// types); nobody may put the page into a frame.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const PageFile* find(std::span<const PageFile> in, std::string_view path) {
  const auto at = std::find_if(in.begin(), in.end(), [&](const PageFile& file) { return file.path == path; });
  return at == in.end() ? nullptr : &*at;
}

}  // namespace

std::optional<ServerResponse> answer_page(std::span<const PageFile> own, std::string_view path) {
  const PageFile* file = find(own, path);
  if (file == nullptr) file = find(kLivePage, path);
  if (file == nullptr) return std::nullopt;
  ServerResponse out;
  out.body = file->text;
  out.content_type = file->type;
  out.headers = {{"Cache-Control", "no-store"},
                 {"X-Content-Type-Options", "nosniff"},
                 {"Referrer-Policy", "no-referrer"},
                 {"Content-Security-Policy", std::string(kPolicy)}};
  return out;
}

}  // namespace io
