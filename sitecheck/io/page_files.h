// The status page: the files of sitecheck/page, put into the program when it is built.
#pragma once

#include <span>

#include "base/io/page.h"

namespace sitecheck {

extern const std::span<const io::PageFile> kPage;

}  // namespace sitecheck
