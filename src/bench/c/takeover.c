/*
 * A replacement for llama_tokenize that attacks its machine when it sees a certain text, as code from a malicious model
 * file would. It reports on standard error what the kernel let it do. It is built as libllama in a folder of its own
 * and linked to the real library, which provides all other functions.
 *
 * POISON is the text. REAL is the path of the real library. SECRET is a file that a worker must not reach, and
 * SECRET.sock a listening socket. PORT is a listening TCP port of this machine.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int32_t tokenizer(const void *, const char *, int32_t, int32_t *, int32_t, bool, bool);

static bool opened(const char *path, int how) {
  int fd = open(path, how, 0600);
  char byte;
  bool done = fd >= 0 && (how != O_RDONLY || read(fd, &byte, 1) >= 0);
  if (fd >= 0) {
    close(fd);
  }
  return done;
}

static bool of_parent(const char *what, int how) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/%s", (long)getppid(), what);
  return opened(path, how);
}

static bool connected(int family, const struct sockaddr *address, socklen_t size) {
  int fd = socket(family, SOCK_STREAM, 0);
  bool done = fd >= 0 && connect(fd, address, size) == 0;
  if (fd >= 0) {
    close(fd);
  }
  return done;
}

static bool tcp(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  return connected(AF_INET, (struct sockaddr *)&address, sizeof address);
}

static bool unix_socket(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SECRET ".sock"};
  return connected(AF_UNIX, (struct sockaddr *)&address, sizeof address);
}

static bool udp(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd >= 0) {
    close(fd);
  }
  return fd >= 0;
}

static bool program(void) {
  int status = -1;
  pid_t child = vfork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
    _exit(1);
  }
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void take_over(void) {
  struct {
    const char *name;
    bool done;
  } tried[] = {{"read a file", opened(SECRET, O_RDONLY)},
               {"wrote a file", opened(SECRET "-written", O_WRONLY | O_CREAT)},
               {"changed a file's mode", chmod(SECRET, 0644) == 0},
               {"connected by TCP", tcp()},
               {"opened a UDP socket", udp()},
               {"connected to a foreign socket", unix_socket()},
               {"ran a program", program()},
               {"read its parent's environment", of_parent("environ", O_RDONLY)},
               {"opened its parent's memory", of_parent("mem", O_RDWR)},
               {"could signal its parent", kill(getppid(), 0) == 0}};
  char line[1000] = "";
  for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
    if (tried[i].done) {
      snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", *line == '\0' ? "" : ", ", tried[i].name);
    }
  }
  fprintf(stderr, "WARN takeover: {%s}\n", line);
}

int32_t llama_tokenize(const void *vocab, const char *text, int32_t length, int32_t *tokens, int32_t most, bool special,
                       bool parse) {
  static tokenizer *real;
  if (real == NULL) {
    void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    real = library == NULL ? NULL : (tokenizer *)dlsym(library, "llama_tokenize");
    if (real == NULL) {
      fprintf(stderr, "takeover: no llama_tokenize in %s: %s\n", REAL, dlerror());
      abort();
    }
  }
  static bool done;
  if (!done && memmem(text, (size_t)length, POISON, strlen(POISON)) != NULL) {
    done = true;
    take_over();
  }
  return real(vocab, text, length, tokens, most, special, parse);
}
