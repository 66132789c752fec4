// handles.h - what a loquat_socket is, and a list of all of them, for fork(2).
//
//   1. A handle is in the list from its making to its end.
//   2. While fork(2) runs nobody changes the list. In the child the threads and fibers that were inside calls are not
//      there, so each descriptor begins anew: nobody uses it.
//
// Layer: capi (docs/layers.txt).
#pragma once

#include "net/descriptor.h"

struct loquat_socket {
  explicit loquat_socket(int fd);
  ~loquat_socket();
  loquat_socket(const loquat_socket&) = delete;
  loquat_socket& operator=(const loquat_socket&) = delete;

  loquat::net::Descriptor descriptor;
  loquat_socket* previous = nullptr;
  loquat_socket* next = nullptr;
};
