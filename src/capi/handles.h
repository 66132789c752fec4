// handles.h - what a loquat_socket is.
//
// Layer: capi (docs/layers.txt).
#pragma once

#include "net/descriptor.h"
#include "sys/kernel.h"

struct loquat_socket {
  explicit loquat_socket(int fd) : descriptor(loquat::sys::kernel(), fd) {}

  loquat::net::Descriptor descriptor;
};
