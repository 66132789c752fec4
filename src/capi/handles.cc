#include "capi/handles.h"

#include <pthread.h>

#include <mutex>

#include "sys/kernel.h"

namespace {

std::mutex mutex;  // of the list
loquat_socket* first = nullptr;

void before_fork() noexcept { mutex.lock(); }
void after_fork() noexcept { mutex.unlock(); }
void in_child() noexcept {
  for (loquat_socket* each = first; each != nullptr; each = each->next) each->descriptor.begin_anew();
  mutex.unlock();
}

}  // namespace

loquat_socket::loquat_socket(int fd) : descriptor(loquat::sys::kernel(), fd) {
  [[maybe_unused]] static const int registered = ::pthread_atfork(before_fork, after_fork, in_child);
  const std::lock_guard lock(mutex);
  next = first;
  if (next != nullptr) next->previous = this;
  first = this;
}

loquat_socket::~loquat_socket() {
  const std::lock_guard lock(mutex);
  (previous == nullptr ? first : previous->next) = next;
  if (next != nullptr) next->previous = previous;
}
