// clients.h - who is to be told when the server stops: each door's connections, by worker.
//
//   class TextClient : public Client { void stop(std::string_view reason) noexcept override; ... };
//   Clients::Entry entry(context.clients, *this);    // while the connection lives
//
//   Threads   add and remove run on the connection's worker, stop() of a client too. tell_all() is called anywhere in
//             the run.
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
class Client {
 public:
  // The server stops: say so to the client in its own protocol, and let the connection end soon. Must neither wait nor
  // add or remove a client. Called once.
  virtual void stop(std::string_view reason) noexcept = 0;

 protected:
  ~Client() = default;
};

class Clients {
 public:
  // Made inside of run().
  Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  // Membership. A client that comes after tell_all() is stopped at once.
  class Entry {
   public:
    Entry(Clients& clients, Client& client);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class Clients;
    Clients& clients_;
    Client& client_;
    std::size_t worker_;
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
  };

  // Calls stop(reason) of every client, each on its own worker, and waits until that is done.
  void tell_all(std::string_view reason);

 private:
  struct List {
    Entry* first = nullptr;
    bool told = false;
    std::string reason;
  };
  std::vector<List> lists_;  // by worker
};

}  // namespace loquat::doors
