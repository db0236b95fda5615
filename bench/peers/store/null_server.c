// An S3-shaped server that costs next to nothing, so that what is measured is the client.
//
//   null_server FILE [PREFIX=BYTES ...]
//
// Prints "ready port=N". Every object consists of FILE's bytes, over and over: GET sends them with sendfile, the body
// of a PUT is dropped inside the kernel. Keys that begin with a PREFIX have so many bytes from the start; others have
// the size that was uploaded. Knows ranges, If-Match, HEAD, multipart uploads, chunked bodies and aws-chunked ones.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_LIMIT = 64 << 10, HEAD_READ = 1 << 10, KEYS = 1 << 17, UPLOADS = 1 << 12, PREFIXES = 16 };

struct object { uint64_t hash; long size; int parts; };
struct upload { long size; int parts; };

static int file;
static long file_size;
static int prefix_count;
static struct { char *text; long size; } prefixes[PREFIXES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct object objects[KEYS];
static struct upload uploads[UPLOADS];
static long next_upload;

struct connection {
  int socket;
  char in[HEAD_LIMIT + 1];
  size_t have;  // bytes in `in`
};

struct request {
  char method[8], path[2048], *query;
  long body, object_bytes, first, last;
  bool chunked, expects, closes, ranged;
  char match[128];
};

static uint64_t hash_of(const char *key) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (; *key; key++) hash = (hash ^ (unsigned char)*key) * 1099511628211u;
  return hash | 1;
}

// The table never shrinks; 64 bits of hash stand for a key.
static struct object *slot(const char *key) {
  uint64_t hash = hash_of(key);
  for (unsigned i = hash % KEYS, n = 0; n < KEYS; i = (i + 1) % KEYS, n++)
    if (objects[i].hash == hash || !objects[i].hash) return &objects[i];
  fprintf(stderr, "null_server: more than %d keys\n", KEYS);
  exit(1);
}

static void store(const char *key, long size, int parts) {
  pthread_mutex_lock(&lock);
  *slot(key) = (struct object){hash_of(key), size, parts};
  pthread_mutex_unlock(&lock);
}

static bool find(const char *key, struct object *found) {
  pthread_mutex_lock(&lock);
  *found = *slot(key);
  pthread_mutex_unlock(&lock);
  if (found->hash) return true;
  const char *name = strrchr(key, '/');
  for (int i = 0; name && i < prefix_count; i++)
    if (!strncmp(name + 1, prefixes[i].text, strlen(prefixes[i].text))) {
      *found = (struct object){hash_of(key), prefixes[i].size, 0};
      return true;
    }
  return false;
}

static void etag_of(const struct object *object, char *to, size_t size) {
  unsigned long long a = object->hash, b = a * 31 + object->size;
  if (object->parts) snprintf(to, size, "\"%016llx%016llx-%d\"", a, b, object->parts);
  else snprintf(to, size, "\"%016llx%016llx\"", a, b);
}

static bool send_all(int socket, const char *from, size_t size, int flags) {
  while (size) {
    ssize_t sent = send(socket, from, size, MSG_NOSIGNAL | flags);
    if (sent <= 0) return false;
    from += sent;
    size -= sent;
  }
  return true;
}

__attribute__((format(printf, 4, 5)))
static bool answer(int socket, const char *status, const char *body, const char *fields, ...) {
  char head[2048];
  int at = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nx-amz-request-id: 1\r\n", status,
                    strlen(body));
  va_list arguments;
  va_start(arguments, fields);
  at += vsnprintf(head + at, sizeof head - at, fields, arguments);
  va_end(arguments);
  at += snprintf(head + at, sizeof head - at, "\r\n%s", body);
  return send_all(socket, head, at, 0);
}

static char *field(char *head, const char *name) {
  char line[64];
  snprintf(line, sizeof line, "\r\n%s:", name);
  char *at = strcasestr(head, line);
  if (!at) return NULL;
  at += strlen(line);
  return at + strspn(at, " ");
}

static bool receive(struct connection *c) {
  size_t room = HEAD_LIMIT - c->have;
  ssize_t count = room ? recv(c->socket, c->in + c->have, room < HEAD_READ ? room : HEAD_READ, 0) : 0;
  if (count <= 0) return false;
  c->have += count;
  c->in[c->have] = 0;
  return true;
}

static void consume(struct connection *c, size_t count) {
  memmove(c->in, c->in + count, c->have - count);
  c->have -= count;
  c->in[c->have] = 0;
}

static bool read_head(struct connection *c, struct request *r) {
  char *end;
  c->in[c->have] = 0;
  while (!(end = strstr(c->in, "\r\n\r\n")))
    if (!receive(c)) return false;
  size_t size = end + 4 - c->in;
  *end = 0;
  if (sscanf(c->in, "%7s %2047s", r->method, r->path) != 2) return false;
  char *query = strchr(r->path, '?'), *value;
  if (query) *query++ = 0;
  r->query = query ? query : r->path + strlen(r->path);
  r->body = (value = field(c->in, "content-length")) ? atol(value) : 0;
  r->object_bytes = (value = field(c->in, "x-amz-decoded-content-length")) ? atol(value) : r->body;
  r->chunked = field(c->in, "transfer-encoding") != NULL;
  r->expects = field(c->in, "expect") != NULL;
  r->closes = (value = field(c->in, "connection")) && !strncasecmp(value, "close", 5);
  r->last = -1;
  r->ranged = (value = field(c->in, "range")) && sscanf(value, "bytes=%ld-%ld", &r->first, &r->last) >= 1;
  r->match[0] = 0;
  if ((value = field(c->in, "if-match"))) sscanf(value, "%127s", r->match);
  consume(c, size);
  return true;
}

// MSG_TRUNC drops what came on a TCP socket without copying it.
static bool drop(struct connection *c, long size) {
  size_t here = (long)c->have < size ? c->have : (size_t)size;
  consume(c, here);
  for (size -= here; size;) {
    char nothing[1];
    ssize_t count = recv(c->socket, nothing, size, MSG_TRUNC);
    if (count <= 0) return false;
    size -= count;
  }
  return true;
}

static bool drop_chunks(struct connection *c) {
  for (;;) {
    char *end;
    while (!(end = strstr(c->in, "\r\n")))
      if (!receive(c)) return false;
    long size = strtol(c->in, NULL, 16);
    consume(c, end + 2 - c->in);
    if (size) {
      if (!drop(c, size + 2)) return false;
      continue;
    }
    for (bool empty = false; !empty;) {
      while (!(end = strstr(c->in, "\r\n")))
        if (!receive(c)) return false;
      empty = end == c->in;
      consume(c, end + 2 - c->in);
    }
    return true;
  }
}

static bool get(struct connection *c, struct request *r) {
  struct object object;
  if (!strcmp(r->query, "location"))
    return answer(c->socket, "200 OK", "<?xml version=\"1.0\"?><LocationConstraint/>", "Content-Type: application/xml\r\n");
  if (!strchr(r->path + 1, '/')) return answer(c->socket, "200 OK", "", "%s", "");
  if (!find(r->path, &object)) return answer(c->socket, "404 Not Found", "", "%s", "");
  char etag[80], range[128] = "";
  etag_of(&object, etag, sizeof etag);
  if (r->match[0] && strcmp(r->match, etag)) return answer(c->socket, "412 Precondition Failed", "", "%s", "");
  long first = 0, size = object.size;
  if (r->ranged) {
    if (r->first >= object.size) return answer(c->socket, "416 Range Not Satisfiable", "", "%s", "");
    long last = r->last < 0 || r->last >= object.size ? object.size - 1 : r->last;
    first = r->first;
    size = last - first + 1;
    snprintf(range, sizeof range, "Content-Range: bytes %ld-%ld/%ld\r\n", first, last, object.size);
  }
  char head[1024];
  bool body = r->method[0] == 'G';
  int length = snprintf(head, sizeof head,
                        "HTTP/1.1 %s\r\n%sContent-Length: %ld\r\nETag: %s\r\nAccept-Ranges: bytes\r\n"
                        "Content-Type: binary/octet-stream\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                        "x-amz-request-id: 1\r\n\r\n",
                        r->ranged ? "206 Partial Content" : "200 OK", range, size, etag);
  if (!send_all(c->socket, head, length, body ? MSG_MORE : 0)) return false;
  for (long at = first, left = body ? size : 0; left;) {
    off_t from = at % file_size;
    long most = file_size - from < left ? file_size - from : left;
    ssize_t sent = sendfile(c->socket, file, &from, most < 2 << 20 ? most : 2 << 20);
    if (sent <= 0) return false;
    at += sent;
    left -= sent;
  }
  return true;
}

static bool put(struct connection *c, struct request *r) {
  struct object object = {hash_of(r->path), r->object_bytes, 0};
  char etag[80], *id = strstr(r->query, "uploadId=");
  if (id) {
    pthread_mutex_lock(&lock);
    struct upload *upload = &uploads[atol(id + 9) % UPLOADS];
    upload->size += r->object_bytes;
    upload->parts++;
    pthread_mutex_unlock(&lock);
  } else {
    store(r->path, object.size, 0);
  }
  etag_of(&object, etag, sizeof etag);
  return answer(c->socket, "200 OK", "", "ETag: %s\r\n", etag);
}

static bool post(struct connection *c, struct request *r) {
  char xml[512], *id = strstr(r->query, "uploadId=");
  if (!id) {
    pthread_mutex_lock(&lock);
    long number = ++next_upload;
    uploads[number % UPLOADS] = (struct upload){0};
    pthread_mutex_unlock(&lock);
    snprintf(xml, sizeof xml,
             "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Bucket>bench</Bucket><Key>%.200s</Key>"
             "<UploadId>%ld</UploadId></InitiateMultipartUploadResult>", r->path, number);
  } else {
    pthread_mutex_lock(&lock);
    struct upload upload = uploads[atol(id + 9) % UPLOADS];
    pthread_mutex_unlock(&lock);
    store(r->path, upload.size, upload.parts);
    struct object object = {hash_of(r->path), upload.size, upload.parts};
    char etag[80];
    etag_of(&object, etag, sizeof etag);
    snprintf(xml, sizeof xml,
             "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><Bucket>bench</Bucket><Key>%.200s</Key>"
             "<ETag>%s</ETag></CompleteMultipartUploadResult>", r->path, etag);
  }
  return answer(c->socket, "200 OK", xml, "Content-Type: application/xml\r\n");
}

static void *serve(void *argument) {
  struct connection *c = argument;
  struct request r;
  for (bool going = true; going;) {
    if (!read_head(c, &r)) break;
    if (r.expects && !c->have && !send_all(c->socket, "HTTP/1.1 100 Continue\r\n\r\n", 25, 0)) break;
    if (!(r.chunked ? drop_chunks(c) : drop(c, r.body))) break;
    switch (r.method[0] == 'P' ? r.method[1] : r.method[0]) {
      case 'G': case 'H': going = get(c, &r); break;
      case 'U': going = put(c, &r); break;
      case 'O': going = post(c, &r); break;
      default: going = answer(c->socket, "204 No Content", "", "%s", "");
    }
    going = going && !r.closes;
  }
  close(c->socket);
  free(c);
  return NULL;
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  if (count < 2 || (file = open(arguments[1], O_RDONLY)) < 0) {
    fprintf(stderr, "null_server: FILE can't be read\n");
    return 2;
  }
  file_size = lseek(file, 0, SEEK_END);
  for (int i = 2; i < count && prefix_count < PREFIXES; i++) {
    char *equals = strchr(arguments[i], '=');
    if (!equals) continue;
    *equals = 0;
    prefixes[prefix_count].text = arguments[i];
    prefixes[prefix_count++].size = atol(equals + 1);
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (void *)&address, size) || listen(listener, 1024) ||
      getsockname(listener, (void *)&address, &size)) {
    perror("null_server");
    return 1;
  }
  printf("ready port=%d\n", ntohs(address.sin_port));
  fflush(stdout);
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  for (;;) {
    struct connection *c = malloc(sizeof *c);
    pthread_t thread;
    c->have = 0;
    c->socket = accept(listener, NULL, NULL);
    if (c->socket < 0) {
      free(c);
      continue;
    }
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (pthread_create(&thread, &detached, serve, c)) {
      close(c->socket);
      free(c);
    }
  }
}
