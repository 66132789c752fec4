// items.h - the order of a queue's items, and the iterator that takes them. Internal to queue.h and channel.h.
//
// Each kind of items has push(), pop(), front(), swap() and size(). An exception of push() or pop() changes nothing.
//
// Layer: sync (docs/layers.txt).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace loquat::sched {

template <class T>
class FifoItems {
 public:
  template <class U>
  void push(U&& item) {
    items_.push_back(std::forward<U>(item));
  }
  std::optional<T> pop() {
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }
  const T& front() const { return items_.front(); }
  void swap(FifoItems& other) noexcept { items_.swap(other.items_); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  std::deque<T> items_;
};

template <class T>
class LifoItems {
 public:
  template <class U>
  void push(U&& item) {
    items_.push_back(std::forward<U>(item));
  }
  std::optional<T> pop() {
    std::optional<T> item(std::move(items_.back()));
    items_.pop_back();
    return item;
  }
  const T& front() const { return items_.back(); }
  void swap(LifoItems& other) noexcept { items_.swap(other.items_); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  std::vector<T> items_;
};

// The least first; of equal ones, the one that was put first.
template <class T, class Less>
class PriorityItems {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>,
                "the heap moves its items, which must not throw; use std::unique_ptr<T>");

 public:
  template <class U>
  void push(U&& item) {
    items_.push_back({std::forward<U>(item), next_++});
    std::push_heap(items_.begin(), items_.end(), After());
  }
  std::optional<T> pop() {
    std::pop_heap(items_.begin(), items_.end(), After());
    std::optional<T> item(std::move(items_.back().item));
    items_.pop_back();
    return item;
  }
  const T& front() const { return items_.front().item; }
  void swap(PriorityItems& other) noexcept { items_.swap(other.items_); }
  std::size_t size() const noexcept { return items_.size(); }

 private:
  struct Entry {
    T item;
    std::uint64_t number;
  };
  struct After {
    bool operator()(const Entry& a, const Entry& b) const {
      if (Less()(a.item, b.item)) return false;
      return Less()(b.item, a.item) || a.number > b.number;
    }
  };
  std::vector<Entry> items_;
  std::uint64_t next_ = 0;
};

// Counts what was put and is neither done nor dropped by swap().
template <class T>
class CountedItems : public FifoItems<T> {
 public:
  template <class U>
  void push(U&& item) {
    FifoItems<T>::push(std::forward<U>(item));
    ++unfinished;
  }
  void swap(CountedItems& none) noexcept {
    unfinished -= this->size();
    FifoItems<T>::swap(none);
  }
  std::size_t unfinished = 0;
};

// Takes items with (source.*take)() until that returns nothing.
template <class Source, auto take>
class Taking {
 public:
  explicit Taking(Source& source) : source_(&source), item_((source.*take)()) {}
  auto&& operator*() { return std::move(*item_); }
  Taking& operator++() {
    item_.reset();
    item_ = (source_->*take)();
    return *this;
  }
  bool operator==(std::default_sentinel_t) const noexcept { return !item_; }

 private:
  Source* source_;
  decltype((std::declval<Source&>().*take)()) item_;
};

}  // namespace loquat::sched
