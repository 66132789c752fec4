// loquat.h - Loquat's sockets for other languages, in C.
//
// True of every call in this file:
//   Results   A value or 0, or -errno. LOQUAT_TIMEOUT is no errno: the deadline has passed, which is something else
//             than ETIMEDOUT, the kernel's own.
//   Deadline  Nanoseconds of CLOCK_MONOTONIC, absolute, so that a call that is made again keeps it. LOQUAT_NEVER: none.
//             LOQUAT_NOW: the call does not wait; where it would have to it returns -EAGAIN (connect: -EINPROGRESS).
//   Signals   A handler that runs in the waiting thread (sigaction(2), without SA_RESTART or with it) ends the wait:
//             the operation is cancelled, its end awaited, and its result returned if there is one, else -EINTR.
//             Nothing is lost: call again.
//   Modes     Calls wait in their own thread, or in a fiber of a worker that the library runs; see loquat_run_in().
//   Threads   Any. loquat_close() wakes whoever waits, with -EBADF. loquat_free() must be the last call on a handle.
//   Fork      Handles work in the child of a fork(2), whatever the parent's threads were doing with them: the child is
//             in no call, closes the parent's rings and starts a worker of its own on first use.
//
// Layer: capi (docs/layers.txt). Symbols are versioned, LOQUAT_0. Source: Python's socket module; tests/conformance
// runs its tests on this.
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

/* A socket. */
typedef struct loquat_socket loquat_socket;

/* Where calls wait from now on, in the whole process: "thread" (as at first), "epoll" or "uring". In the last two each
 * call that may wait is a fiber of one worker thread with that poller, and only the fiber waits in the kernel; the
 * calling thread sleeps until it has ended. Returns 0, -EINVAL for another name, or why the worker cannot start.
 * Call it while no other call is in progress. */
int loquat_run_in(const char* mode);

/* A new socket, close-on-exec; SOCK_NONBLOCK sets O_NONBLOCK. 0 and *out, or -errno. socket(2). */
int loquat_socket_new(int family, int type, int proto, loquat_socket** out);
/* Two that are connected with each other, close-on-exec. 0 and both, or -errno. socketpair(2). */
int loquat_socketpair(int family, int type, int proto, loquat_socket* out[2]);
/* Takes over an open descriptor, which is used as it is. -EBADF, -ENOTSOCK: it is still yours. */
int loquat_socket_from_fd(int fd, loquat_socket** out);
/* A descriptor of its own for the same connection, close-on-exec, or an error. dup(2). */
int loquat_dup(loquat_socket* socket);
/* -1 after loquat_close() and loquat_detach(). */
int loquat_fileno(const loquat_socket* socket);
/* Ends the calls in progress with -EBADF, waits until they have gone, and closes. -EBADF if it is closed, else what
 * close(2) says. No signal ends this wait, which is short. */
int loquat_close(loquat_socket* socket);
/* The same without closing: returns the descriptor, which is yours then; -1 if it is closed. */
int loquat_detach(loquat_socket* socket);
/* Frees the handle. An open socket is closed. */
void loquat_free(loquat_socket* socket);
/* Sets or takes away O_NONBLOCK, which says nothing about the calls here: the deadline does. */
int loquat_set_nonblocking(loquat_socket* socket, int on);

/* As the system calls of these names. */
int loquat_bind(loquat_socket* socket, const struct sockaddr* address, socklen_t size);
int loquat_listen(loquat_socket* socket, int backlog);
int loquat_shutdown(loquat_socket* socket, int how);
int loquat_getsockname(loquat_socket* socket, struct sockaddr* address, socklen_t* size);
int loquat_getpeername(loquat_socket* socket, struct sockaddr* address, socklen_t* size);
int loquat_getsockopt(loquat_socket* socket, int level, int option, void* value, socklen_t* size);
int loquat_setsockopt(loquat_socket* socket, int level, int option, const void* value, socklen_t size);

/* The connection's descriptor, blocking and close-on-exec, or an error. Who has called is written to `address`, which
 * has room for *size bytes and may be NULL; *size is then what it takes. accept4(2). */
int loquat_accept(loquat_socket* socket, struct sockaddr* address, socklen_t* size, int64_t deadline);
/* After -EINTR call it again: the attempt goes on. connect(2). */
int loquat_connect(loquat_socket* socket, const struct sockaddr* address, socklen_t size, int64_t deadline);

/* As the system calls; SIGPIPE is never raised, received descriptors are close-on-exec. */
int64_t loquat_recv(loquat_socket* socket, void* data, size_t size, int flags, int64_t deadline);
int64_t loquat_recvmsg(loquat_socket* socket, struct msghdr* message, int flags, int64_t deadline);
int64_t loquat_send(loquat_socket* socket, const void* data, size_t size, int flags, int64_t deadline);
int64_t loquat_sendmsg(loquat_socket* socket, const struct msghdr* message, int flags, int64_t deadline);
/* Sends data[*done] to data[size - 1] and counts in *done what has gone, whatever the result: after -EINTR the same
 * call goes on where it was. Two of these never interleave. 0, or an error. */
int loquat_sendall(loquat_socket* socket, const void* data, size_t size, size_t* done, int flags, int64_t deadline);
/* The same with bytes offset + *done to offset + count - 1 of a file, or to its end if that comes first: then *done is
 * less than `count`. The file's position is neither used nor moved. */
int loquat_sendfile(loquat_socket* socket, int fd, int64_t offset, size_t count, size_t* done, int64_t deadline);

/* Lets a fiber beat every `period` nanoseconds on the worker, until the mode changes. Once is enough. -ENOTSUP in mode
 * "thread". */
int loquat_heartbeat(int64_t period);
/* The most that a beat has come late, in nanoseconds: in all, and without the time in which the worker's thread was
 * ready and had no processor. That is what a fiber waits because another one does not let go of the worker. */
void loquat_lateness(int64_t* in_all, int64_t* by_fibers);

/* Counts since the start: of calls of that name ("recv"), and of those whose fiber really had to wait.
 * -EINVAL for a name that is none. */
int loquat_count(const char* function, uint64_t* calls, uint64_t* parks);

#ifdef __cplusplus
}
#endif

#endif
