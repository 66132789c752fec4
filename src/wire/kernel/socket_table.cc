#include "wire/kernel/socket_table.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "wire/kernel/diag_message.h"

namespace loquat::wire::kernel {
namespace {

constexpr std::size_t chunk_size = 128 * 1024;

std::uint32_t hash_of(const Address& local, const Address& remote) {
  std::hash<Address> hash;
  return static_cast<std::uint32_t>(hash(local) * 31 + hash(remote));
}

}  // namespace

SocketTable::SocketTable(SockDiag& diag) {
  diag.each(Detail::info, [this](std::span<const std::byte> body) { add(body); });
  by_hash_.resize(rows_.size());
  std::iota(by_hash_.begin(), by_hash_.end(), 0U);
  std::sort(by_hash_.begin(), by_hash_.end(),
            [this](std::uint32_t a, std::uint32_t b) { return rows_[a].hash < rows_[b].hash; });
}

void SocketTable::add(std::span<const std::byte> body) {
  auto facts = read_facts(body);
  if (!facts) return;
  if (chunks_.empty() || chunks_.back().size() + body.size() > chunk_size) {
    chunks_.emplace_back().reserve(std::max(chunk_size, body.size()));
  }
  std::vector<std::byte>& chunk = chunks_.back();
  rows_.push_back({static_cast<std::uint32_t>(chunks_.size() - 1), static_cast<std::uint32_t>(chunk.size()),
                   static_cast<std::uint32_t>(body.size()), hash_of(facts->local, facts->remote), facts->cookie,
                   facts->state});
  chunk.insert(chunk.end(), body.begin(), body.end());
  if (facts->state == State::listen) listeners_.push_back(*std::move(facts));
}

SocketFacts SocketTable::operator[](std::size_t index) const {
  const Row& row = rows_[index];
  return *read_facts(std::span(chunks_[row.chunk]).subspan(row.offset, row.length));
}

std::optional<SocketFacts> SocketTable::find(const Address& local, const Address& remote) const {
  const std::uint32_t hash = hash_of(local, remote);
  auto at = std::lower_bound(by_hash_.begin(), by_hash_.end(), hash,
                             [this](std::uint32_t index, std::uint32_t asked) { return rows_[index].hash < asked; });
  for (; at != by_hash_.end() && rows_[*at].hash == hash; ++at) {
    SocketFacts facts = (*this)[*at];
    if (facts.local == local && facts.remote == remote) return facts;
  }
  return std::nullopt;
}

std::optional<SocketFacts> SocketTable::find_cookie(std::uint64_t cookie) const {
  auto at = std::find_if(rows_.begin(), rows_.end(), [cookie](const Row& row) { return row.cookie == cookie; });
  if (at == rows_.end()) return std::nullopt;
  return (*this)[static_cast<std::size_t>(at - rows_.begin())];
}

}  // namespace loquat::wire::kernel
