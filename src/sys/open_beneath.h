// open_beneath.h - opens a file of a folder and never one outside of it, whatever the name and whatever links say.
//
// True of every call in this file:
//   Result    A descriptor for reading, close-on-exec, or -errno. It may be of anything but a socket, and a FIFO or a
//             device is opened without waiting (O_NONBLOCK): look at fstat(2) first.
//   Path      Relative to `folder`, a descriptor of a directory (O_PATH is enough). It does not begin with '/', and
//             has no ".", ".." or empty name in it, else -EXDEV.
//   Threads   Any thread.
//
// Layer: sys.  Source: openat2(2).
#pragma once

#include <string>

namespace loquat::sys {

// A relative symbolic link that never leaves the folder is followed; one that does, or is absolute, is -EXDEV. A kernel
// without openat2(2) (before Linux 5.6) and a sandbox that forbids it follow none, as open_by_steps() does.
//
// With `only_cached` it does not wait for the disk: -EAGAIN says that it would have to, or cannot know.
int open_beneath(int folder, const std::string& path, bool only_cached) noexcept;

// Goes from name to name with openat(2). A symbolic link anywhere is -ELOOP or -ENOTDIR.
int open_by_steps(int folder, const std::string& path) noexcept;

}  // namespace loquat::sys
