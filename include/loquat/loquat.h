// loquat.h - Loquat's sockets for other languages, in C.
//
// True of every call in this file:
//   Results   A call returns a value >= 0, or a negative errno. LOQUAT_TIMEOUT means that the deadline has passed; it
//             is not an errno, and not -ETIMEDOUT, with which the kernel gives up a connection.
//   Deadline  An absolute time in nanoseconds of CLOCK_MONOTONIC, so a call that is repeated keeps its deadline.
//             LOQUAT_NEVER: no deadline. LOQUAT_NOW: the call never waits; if it would have to, it returns -EAGAIN
//             (connect: -EINPROGRESS).
//   Signals   A signal handler that runs in the waiting thread, installed with or without SA_RESTART, ends the wait.
//             The call returns the result of its operation if that has finished, else -EINTR. No data is lost: repeat
//             the call.
//   Modes     A call waits in its own thread, or as a fiber of a worker thread of the library; see loquat_run_in().
//   Threads   Any thread may call. loquat_close() ends waiting calls with -EBADF. loquat_free() must be the last call
//             on a handle.
//   Memory    Pointers must be valid until the call returns. Handles end with loquat_free(), descriptors that a call
//             returns with close(2).
//   Fork      Handles work in the child of a fork(2), whatever the parent's threads were doing with them. No call is in
//             progress in the child. It closes the parent's rings and starts its own worker on first use.
//
// Layer: capi (docs/layers.txt). Symbols are versioned, LOQUAT_0.
// Source: Python's socket module; tests/conformance runs its tests on this.
#ifndef LOQUAT_LOQUAT_H
#define LOQUAT_LOQUAT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LOQUAT_NEVER INT64_MAX
#define LOQUAT_NOW INT64_MIN
#define LOQUAT_TIMEOUT (-10000)

/* A handle of a socket. */
typedef struct loquat_socket loquat_socket;

/* Sets the mode of the whole process: "thread" (the initial mode), "epoll" or "uring". In the last two, each call that
 * may wait runs as a fiber of one worker thread with that poller, and the calling thread sleeps until the fiber has
 * ended. Returns 0, -EINVAL for another name, or another -errno if the worker cannot start; the mode is then
 * "thread". Call it while no other call is in progress. */
int loquat_run_in(const char* mode);

/* Creates a socket, close-on-exec. SOCK_NONBLOCK in `type` sets O_NONBLOCK. Stores the handle in *out and returns 0, or
 * returns -errno. socket(2). */
int loquat_socket_new(int family, int type, int proto, loquat_socket** out);
/* Creates two sockets that are connected with each other, close-on-exec. Stores both handles and returns 0, or returns
 * -errno. socketpair(2). */
int loquat_socketpair(int family, int type, int proto, loquat_socket* out[2]);
/* Makes a handle that owns the open descriptor `fd`, and changes none of its flags. Stores it in *out and returns 0. On
 * an error (-EBADF, -ENOTSOCK) the descriptor stays the caller's. */
int loquat_socket_from_fd(int fd, loquat_socket** out);
/* Returns a new descriptor, close-on-exec, for the same connection, or -errno. The caller owns it. dup(2). */
int loquat_dup(loquat_socket* socket);
/* Returns the descriptor, which the handle still owns; -1 after loquat_close() and loquat_detach(). */
int loquat_fileno(const loquat_socket* socket);
/* Closes the socket: ends the calls in progress with -EBADF, waits until they have returned, and closes the descriptor.
 * Returns -EBADF if it is closed already, else the result of close(2). Signals do not end this wait. The handle stays
 * valid until loquat_free(). */
int loquat_close(loquat_socket* socket);
/* As loquat_close(), but leaves the descriptor open and returns it; the caller then owns it. Returns -1 if the socket
 * is closed already. */
int loquat_detach(loquat_socket* socket);
/* Closes the socket if it is open, and frees the handle. Does nothing with NULL. */
void loquat_free(loquat_socket* socket);
/* Sets or clears O_NONBLOCK. The calls in this file do not depend on it: only their deadline says whether they wait. */
int loquat_set_nonblocking(loquat_socket* socket, int on);

/* As the system calls with these names, but they return -errno. A negative backlog counts as 0. */
int loquat_bind(loquat_socket* socket, const struct sockaddr* address, socklen_t size);
int loquat_listen(loquat_socket* socket, int backlog);
int loquat_shutdown(loquat_socket* socket, int how);
int loquat_getsockname(loquat_socket* socket, struct sockaddr* address, socklen_t* size);
int loquat_getpeername(loquat_socket* socket, struct sockaddr* address, socklen_t* size);
int loquat_getsockopt(loquat_socket* socket, int level, int option, void* value, socklen_t* size);
int loquat_setsockopt(loquat_socket* socket, int level, int option, const void* value, socklen_t size);

/* Waits for a connection and returns its descriptor, blocking and close-on-exec, or -errno. The caller owns it;
 * loquat_socket_from_fd() makes it a handle. Unless `address` is NULL, stores the peer's address there: at most *size
 * bytes, and then sets *size to the whole size of the address. accept4(2). */
int loquat_accept(loquat_socket* socket, struct sockaddr* address, socklen_t* size, int64_t deadline);
/* Connects and waits for the peer's answer. The attempt goes on after -EINTR and -EINPROGRESS: call again with the same
 * arguments. connect(2). */
int loquat_connect(loquat_socket* socket, const struct sockaddr* address, socklen_t size, int64_t deadline);

/* As the system calls with these names, but they return -errno. Receiving returns 0 at end of stream. SIGPIPE is never
 * raised. Received descriptors are close-on-exec. */
int64_t loquat_recv(loquat_socket* socket, void* data, size_t size, int flags, int64_t deadline);
int64_t loquat_recvmsg(loquat_socket* socket, struct msghdr* message, int flags, int64_t deadline);
int64_t loquat_send(loquat_socket* socket, const void* data, size_t size, int flags, int64_t deadline);
int64_t loquat_sendmsg(loquat_socket* socket, const struct msghdr* message, int flags, int64_t deadline);
/* Sends data[*done] to data[size - 1] and adds the number of bytes sent to *done, even if it fails. Set *done to 0
 * before the first call; after -EINTR call again with the same arguments, and it continues. Two of these never
 * interleave. Returns 0 when all is sent, or -errno. */
int loquat_sendall(loquat_socket* socket, const void* data, size_t size, size_t* done, int flags, int64_t deadline);
/* As loquat_sendall(), but sends bytes `offset` + *done to `offset` + `count` - 1 of a regular file. If the file ends
 * first, it returns 0 and *done is less than `count`. The file's position is neither used nor moved. A pipe gives
 * -ESPIPE. */
int loquat_sendfile(loquat_socket* socket, int fd, int64_t offset, size_t count, size_t* done, int64_t deadline);

/* Measures how late fibers run: starts a fiber that wakes up every `period` nanoseconds on the worker, until the mode
 * changes. Call it once. Returns 0, -EINVAL if `period` is not positive, -ENOTSUP in mode "thread". */
int loquat_heartbeat(int64_t period);
/* Stores the largest delay of such a wake-up in nanoseconds. `in_all` is the whole delay. `by_fibers` is without the
 * time in which the worker's thread was ready but had no processor: the delay that other fibers caused. */
void loquat_lateness(int64_t* in_all, int64_t* by_fibers);

/* Stores two numbers since the start of the process: the calls of loquat_<function>() ("recv"), and how many of them
 * had to wait. Returns 0, or -EINVAL for an unknown name. */
int loquat_count(const char* function, uint64_t* calls, uint64_t* parks);

#ifdef __cplusplus
}
#endif

#endif
