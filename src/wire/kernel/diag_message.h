// diag_message.h - the bytes of sock_diag's netlink messages, and the facts in them. Only open_sock_diag() calls the
// kernel.
//
// Layer: wire (docs/layers.txt).  Source: netlink(7), sock_diag(7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/kernel/sock_diag.h"

struct inet_diag_req_v2;

namespace loquat::wire::kernel {

// A netlink socket in the calling thread's network namespace. Throws OSError.
int open_sock_diag();
[[noreturn]] void fail_sock_diag(int error_number);

struct DiagMessage {
  std::uint32_t sequence = 0;
  bool done = false;  // the last of a dump
  int error = 0;      // an errno
  std::span<const std::byte> body;
};

// Takes the next message from the front of `rest`; nullopt if there is no whole one.
std::optional<DiagMessage> next_message(std::span<const std::byte>& rest);
// nullopt if it is too short, or neither IPv4 nor IPv6.
std::optional<SocketFacts> read_facts(std::span<const std::byte> body);
// Stores family and both ends; returns false if the families differ or are not TCP's.
bool put_identity(const Address& local, const Address& remote, inet_diag_req_v2& request);

}  // namespace loquat::wire::kernel
