#include "dnsd/control/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace control {

base::Result<void> become(const std::string& user) {
  errno = 0;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return base::fail("user \"" + user + "\": no such user");
  if (::geteuid() == entry->pw_uid) return {};
  const uid_t uid = entry->pw_uid;
  const gid_t gid = entry->pw_gid;
  if (::initgroups(user.c_str(), gid) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0) {
    return base::fail("user \"" + user + "\": " + std::strerror(errno));
  }
  if (uid != 0 && ::setuid(0) == 0) return base::fail("user \"" + user + "\": privileges were not given up");
  return {};
}

}  // namespace control
