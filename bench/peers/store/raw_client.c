// The limit: GET and PUT over sockets with no SDK, no signature and no copy.
//
//   raw_client http://127.0.0.1:PORT CONNECTIONS
//
// Prints "ready"; then each line of its input names a work (get1g, get64, put1g, put64), which it does once and
// answers with "done wall=SECONDS cpu=SECONDS", or "unsupported".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define GIB (1L << 30)
#define PART (8L << 20)
#define OBJECT 11796480L

static int port, connection_count;
static int *sockets;
static char *memory;
static bool puts_, whole;
static long piece, piece_count;
static atomic_long next;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int dial(void) {
  int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(s, (void *)&to, sizeof to)) fail("connect");
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return s;
}

static void write_all(int s, char *head, size_t head_size, char *body, size_t body_size) {
  struct iovec parts[2] = {{head, head_size}, {body, body_size}};
  for (int at = 0; at < 2;) {
    ssize_t count = writev(s, parts + at, 2 - at);
    if (count < 0) fail("write");
    for (; at < 2 && (size_t)count >= parts[at].iov_len; at++) count -= parts[at].iov_len;
    if (at < 2) {
      parts[at].iov_base = (char *)parts[at].iov_base + count;
      parts[at].iov_len -= count;
    }
  }
}

static void exchange(int s, long number) {
  char head[4096], target[128], *at = memory + number * piece, *end = NULL;
  int size;
  if (puts_) {
    if (whole) snprintf(target, sizeof target, "/bench/raw-%ld", number);
    else snprintf(target, sizeof target, "/bench/raw?partNumber=%ld&uploadId=1", number + 1);
    size = snprintf(head, sizeof head, "PUT %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %ld\r\n\r\n", target, piece);
    write_all(s, head, size, at, piece);
  } else if (whole) {
    size = snprintf(head, sizeof head, "GET /bench/object-%ld HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", number);
    write_all(s, head, size, NULL, 0);
  } else {
    size = snprintf(head, sizeof head, "GET /bench/large HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=%ld-%ld\r\n\r\n",
                    number * piece, (number + 1) * piece - 1);
    write_all(s, head, size, NULL, 0);
  }
  size_t have = 0;
  while (!end) {
    ssize_t count = recv(s, head + have, sizeof head - 1 - have < 1024 ? sizeof head - 1 - have : 1024, 0);
    if (count <= 0) fail("response");
    have += count;
    head[have] = 0;
    end = strstr(head, "\r\n\r\n");
  }
  if (head[9] != '2') {
    fprintf(stderr, "raw_client: %.200s\n", head);
    exit(1);
  }
  if (puts_) return;
  long with_head = head + have - (end + 4);
  memcpy(at, end + 4, with_head);
  for (long got = with_head; got < piece;) {
    ssize_t count = recv(s, at + got, piece - got, 0);
    if (count <= 0) fail("body");
    got += count;
  }
}

static void *work(void *argument) {
  long id = (long)argument;
  if (!sockets[id]) sockets[id] = dial();
  for (long number; (number = next++) < piece_count;) exchange(sockets[id], number);
  return NULL;
}

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count != 3 || sscanf(arguments[1], "http://127.0.0.1:%d", &port) != 1) {
    fprintf(stderr, "usage: raw_client http://127.0.0.1:PORT CONNECTIONS\n");
    return 2;
  }
  connection_count = atoi(arguments[2]);
  sockets = calloc(connection_count, sizeof *sockets);
  memory = mmap(NULL, GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 7, GIB);
  printf("ready\n");
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strcmp(line, "get1g") && strcmp(line, "get64") && strcmp(line, "put1g") && strcmp(line, "put64")) {
      // With a checksum, or many small objects: it would measure something else under that name.
      printf("unsupported\n");
      fflush(stdout);
      continue;
    }
    puts_ = line[0] == 'p';
    whole = strstr(line, "64") != NULL;
    piece = whole ? OBJECT : PART;
    piece_count = whole ? 64 : GIB / PART;
    next = 0;
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t threads[connection_count];
    for (long i = 0; i < connection_count; i++) pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < connection_count; i++) pthread_join(threads[i], NULL);
    printf("done wall=%.6f cpu=%.6f\n", seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    fflush(stdout);
  }
  return 0;
}
