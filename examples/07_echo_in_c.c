// 07_echo_in_c.c [PORT] - the echo server in another language: C, through loquat.h. Each client has a thread.
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loquat/loquat.h"

// [must]
// Returns the result unless it is an error; then exits. (A program that handles signals repeats a call after -EINTR.)
static int64_t must(const char* what, int64_t result) {
  if (result >= 0) return result;
  fprintf(stderr, "%s: %s\n", what, result == LOQUAT_TIMEOUT ? "timed out" : strerror((int)-result));
  exit(1);
}
// [/must]

// [deadline]
// Deadlines are absolute, so a call that is repeated keeps its deadline.
static int64_t in_seconds(int64_t seconds) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec + seconds) * 1000000000 + now.tv_nsec;
}
// [/deadline]

// [echo]
static void* echo(void* argument) {
  loquat_socket* client = argument;
  char data[512];
  int64_t size;
  while ((size = loquat_recv(client, data, sizeof data, 0, in_seconds(60))) > 0) {
    size_t done = 0;
    if (loquat_sendall(client, data, (size_t)size, &done, 0, in_seconds(10)) < 0) break;
  }
  loquat_free(client);
  return NULL;
}
// [/echo]

int main(int count, char** arguments) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr* name = (struct sockaddr*)&address;
  socklen_t size = sizeof address;
  loquat_socket *server, *client;
  if (count > 1) address.sin_port = htons((uint16_t)atoi(arguments[1]));
  must("socket", loquat_socket_new(AF_INET, SOCK_STREAM, 0, &server));
  must("bind", loquat_bind(server, name, size));
  must("listen", loquat_listen(server, 128));
  must("getsockname", loquat_getsockname(server, name, &size));
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    pthread_t thread;
    int fd = (int)must("accept", loquat_accept(server, name, &size, LOQUAT_NEVER));
    must("socket_from_fd", loquat_socket_from_fd(fd, &client));
    if (pthread_create(&thread, NULL, echo, client) == 0) pthread_detach(thread);
  }
}
