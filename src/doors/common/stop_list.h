// stop_list.h - the connections that are told when the server stops, by worker.
//
//   class TextClient : public Stoppable { void stop(std::string_view reason) noexcept override; ... };
//   StopList::Entry entry(context.stop_list, *this);    // while the connection lives
//
//   Threads   An entry is made and destroyed on its connection's worker, and stop() is called there. stop_all() may be
//             called anywhere in the run.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loquat::doors {

// A door's end of one connection.
class Stoppable {
 public:
  // Tells the client in its own protocol that the server stops, and lets the connection end soon. Must neither wait nor
  // make or destroy an entry. Called once.
  virtual void stop(std::string_view reason) noexcept = 0;

 protected:
  ~Stoppable() = default;
};

class StopList {
 public:
  // Made inside of run().
  StopList();
  StopList(const StopList&) = delete;
  StopList& operator=(const StopList&) = delete;

  // The connection is on the list while its entry lives. One that comes after stop_all() is stopped at once.
  class Entry {
   public:
    Entry(StopList& list, Stoppable& stoppable);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class StopList;
    StopList& list_;
    Stoppable& stoppable_;
    std::size_t worker_;
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
  };

  // Calls stop(reason) for each connection, on its worker, and waits until that is done.
  void stop_all(std::string_view reason);

 private:
  struct Shard {
    Entry* first = nullptr;
    bool told = false;
    std::string reason;
  };
  std::vector<Shard> shards_;  // by worker
};

}  // namespace loquat::doors
