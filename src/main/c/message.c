#include "launcher.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_fully(int fd, char *to, size_t size) {
  while (size > 0) {
    ssize_t n = read(fd, to, size);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return false;
    }
    to += n;
    size -= (size_t)n;
  }
  return true;
}

bool message_read(int fd, struct message *message) {
  unsigned char head[4];
  memset(message, 0, sizeof *message);
  if (!read_fully(fd, (char *)head, sizeof head)) {
    return false;
  }
  size_t size = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
  if (size == 0 || size > MESSAGE_MAX_BYTES) {
    return false;
  }
  message->bytes = malloc(size);
  if (message->bytes == NULL || !read_fully(fd, message->bytes, size) || message->bytes[size - 1] != '\0') {
    message_free(message);
    return false;
  }
  for (char *field = message->bytes; field < message->bytes + size; field += strlen(field) + 1) {
    if (message->count == MESSAGE_MAX_FIELDS) {
      message_free(message);
      return false;
    }
    message->fields[message->count++] = field;
  }
  return true;
}

void message_free(struct message *message) {
  free(message->bytes);
  memset(message, 0, sizeof *message);
}

char *message_take(struct message *message) {
  return message->next < message->count ? message->fields[message->next++] : NULL;
}

char **message_take_list(struct message *message, size_t *count) {
  const char *number = message_take(message);
  if (number == NULL) {
    return NULL;
  }
  char *end;
  unsigned long n = strtoul(number, &end, 10);
  if (*end != '\0' || end == number || n > message->count - message->next) {
    return NULL;
  }
  char **list = message->fields + message->next;
  message->next += n;
  *count = n;
  return list;
}

void message_send(int fd, const char *first, ...) {
  char bytes[4096];
  size_t size = 4;
  va_list fields;
  va_start(fields, first);
  for (const char *field = first; field != NULL; field = va_arg(fields, const char *)) {
    size_t length = strlen(field);
    if (length > sizeof bytes - size - 1) {
      length = sizeof bytes - size - 1; /* truncates a long cause, so that the message is still sent */
    }
    memcpy(bytes + size, field, length);
    size += length;
    if (size < sizeof bytes) {
      bytes[size++] = '\0';
    }
  }
  va_end(fields);
  bytes[size - 1] = '\0';
  size_t body = size - 4;
  bytes[0] = (char)(body >> 24);
  bytes[1] = (char)(body >> 16);
  bytes[2] = (char)(body >> 8);
  bytes[3] = (char)body;
  for (size_t done = 0; done < size;) {
    ssize_t n = write(fd, bytes + done, size - done);
    if (n < 0 && errno != EINTR) {
      return;
    }
    done += n > 0 ? (size_t)n : 0;
  }
}
