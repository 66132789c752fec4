// places.h - how many connections each address has.
//
//   Threads   Any.
//
// Layer: doors.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "loquat/address.h"

namespace loquat::doors {

class Places;

// One connection's place in the count of its address. Empty: none.
class Place {
 public:
  Place() = default;
  Place(Place&& other) noexcept : places_(std::exchange(other.places_, nullptr)), key_(std::move(other.key_)) {}
  Place& operator=(Place&& other) noexcept {
    std::swap(places_, other.places_);
    std::swap(key_, other.key_);
    return *this;
  }
  ~Place();

 private:
  friend class Places;
  Places* places_ = nullptr;
  std::string key_;
};

class Places {
 public:
  // Gives `place` up and takes one for `address` (IPv6: its /64, since one host may use all of it; loopback and Unix
  // sockets are not counted). False if the address has `max` already.
  bool take(Place& place, const Address& address, std::size_t max);

 private:
  friend class Place;
  void leave(const std::string& key) noexcept;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> counts_;
};

}  // namespace loquat::doors
