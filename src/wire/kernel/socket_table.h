// socket_table.h - all TCP sockets of a network namespace at one moment, kept as the kernel's own messages: some 400
// bytes a socket, where SocketFacts take twice that. They are decoded when asked for, in about 1 us.
//
//   Threads   Any number may read.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "wire/kernel/sock_diag.h"

namespace loquat::wire::kernel {

class SocketTable {
 public:
  SocketTable() = default;
  // Asks the kernel; throws as SockDiag does.
  explicit SocketTable(SockDiag& diag);

  std::size_t size() const noexcept { return rows_.size(); }
  SocketFacts operator[](std::size_t index) const;
  // Without decoding.
  State state(std::size_t index) const noexcept { return rows_[index].state; }
  std::uint64_t cookie(std::size_t index) const noexcept { return rows_[index].cookie; }
  // The connection between these two; TIME-WAIT and request sockets count.
  std::optional<SocketFacts> find(const Address& local, const Address& remote) const;
  std::optional<SocketFacts> find_cookie(std::uint64_t cookie) const;
  // Those in State::listen.
  const std::vector<SocketFacts>& listeners() const noexcept { return listeners_; }

 private:
  struct Row {
    std::uint32_t chunk, offset, length, hash;  // hash: of both ends
    std::uint64_t cookie;
    State state;
  };

  void add(std::span<const std::byte> body);

  std::vector<std::vector<std::byte>> chunks_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> by_hash_;  // of rows
  std::vector<SocketFacts> listeners_;
};

}  // namespace loquat::wire::kernel
