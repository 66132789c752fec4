// parts.h - the single checks of checks.h.
#pragma once

#include "checks.h"

namespace loquat::tool {

// host.cc
Check check_kernel();
Check check_poller();
Check check_io_uring();
Check check_descriptors();
Check check_data_directory();
Check check_port();
Check check_terminal();
// wire.cc
Check check_user_namespaces();
Check check_lab();
Check check_sock_diag();
Check check_deaths();
Check check_capture();

}  // namespace loquat::tool
