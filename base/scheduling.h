// What a thread asks of the scheduler. Neither needs a privilege, and neither changes how much is done, only who goes
// first on a core that is short; where the system does not grant it (an older Linux, a sandbox) all stays as it was.
#pragma once

namespace base {

// The calling thread works in slices of 0.1 ms, the shortest: woken, it goes before threads with longer slices instead
// of waiting until theirs ends (2.8 ms and more), for as long as it has not had more than its share. Linux 6.12 and
// later; earlier ones ignore it. False if it is not granted.
bool run_in_short_slices();

// The calling thread gives way to those that serve: a nice value of 10, and slices of 100 ms, the longest, so that
// whoever is woken goes first at once (Linux 6.12 and later; a woken thread waits for the end of a slice that is not
// longer than its own). False if the nice value is not granted.
bool give_way();

}  // namespace base
