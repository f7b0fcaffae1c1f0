// The status page: the files of dnsd/page, put into the program when it is built.
#pragma once

#include <span>

#include "base/io/page.h"

namespace control {

extern const std::span<const io::PageFile> kPage;

}  // namespace control
