// The status page, and the description of the stats port: files of dnsd/page and conf/schema, put into the program when
// it is built.
#pragma once

#include <span>

#include "base/io/page.h"

namespace control {

extern const std::span<const io::PageFile> kPage;

}  // namespace control
