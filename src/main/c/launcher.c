#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * The fork server. The engine starts it as
 *
 *   quern-launcher --control=SOCKET --parent=PID [--device=PREFIX] [--reserve=...]
 *
 * and it connects to the socket. What it is told, each a message:
 *   preload LIBJVM LLAMA-FOLDER MODEL   an empty folder or model: none; answered by any number of "progress SHARE", then
 *                                       "preloaded MODEL-ADDRESS" or "broken CAUSE"
 *   fork ID TOKEN OUTPUT-SOCKET n JVM-OPTION... n ARGUMENT... n VARIABLE...
 *                                       answered by "forked ID PID" or "refused ID KIND CAUSE", KIND being "poisoned" (this
 *                                       process must not be forked any more) or "failed" (this time)
 *   signal PID NUMBER                   for a child that has not been reported as ended
 * And of itself: "exited PID CODE SIGNAL PEAK-KIB".
 *
 * It ends, with its children, at the end of the stream.
 */

enum { MAX_CHILDREN = 1024, EXIT_USAGE = 64, EXIT_LOST = 70 };

static int control;
static struct title title;
static const char *more_devices;
static void *create_jvm;
static pid_t children[MAX_CHILDREN];
static size_t child_count;

static void number(char text[24], long value) { snprintf(text, 24, "%ld", value); }

static void tell_progress(float share) {
  static float told = -1;
  if (share - told >= 0.01F || share < told || share >= 1) {
    char text[24];
    snprintf(text, sizeof text, "%.3f", (double)share);
    message_send(control, "progress", text, NULL);
    told = share;
  }
}

static void preload(struct message *message) {
  char cause[CAUSE_BYTES] = "";
  char address_text[24];
  void *address = NULL;
  const char *libjvm = message_take(message);
  const char *folder = message_take(message);
  const char *model = message_take(message);
  if (model == NULL) {
    message_send(control, "broken", "a preload message lacks fields", NULL);
    return;
  }
  create_jvm = preload_jvm(libjvm, cause);
  if (create_jvm == NULL ||
      (*folder != '\0' && !preload_model(folder, *model == '\0' ? NULL : model, tell_progress, &address, cause))) {
    message_send(control, "broken", cause, NULL);
    return;
  }
  snprintf(address_text, sizeof address_text, "%llx", (unsigned long long)(uintptr_t)address);
  message_send(control, "preloaded", address_text, NULL);
}

static bool read_worker(struct message *message, struct worker *worker) {
  worker->id = message_take(message);
  worker->token = message_take(message);
  worker->output_socket = message_take(message);
  worker->jvm_options = message_take_list(message, &worker->jvm_option_count);
  worker->arguments = worker->jvm_options == NULL ? NULL : message_take_list(message, &worker->argument_count);
  size_t variables = 0;
  worker->environment = worker->arguments == NULL ? NULL : message_take_list(message, &variables);
  if (worker->environment == NULL || message->next == MESSAGE_MAX_FIELDS) {
    return false;
  }
  worker->environment[variables] = NULL; /* the last list: there is room behind it */
  return true;
}

static void fork_worker(struct message *message) {
  struct worker worker;
  char cause[CAUSE_BYTES];
  char pid_text[24];
  if (!read_worker(message, &worker)) {
    message_send(control, "refused", worker.id == NULL ? "" : worker.id, "failed", "a fork message lacks fields", NULL);
    return;
  }
  if (create_jvm == NULL) {
    message_send(control, "refused", worker.id, "failed", "nothing has been preloaded", NULL);
    return;
  }
  if (child_count == MAX_CHILDREN) {
    message_send(control, "refused", worker.id, "failed", "it has too many children", NULL);
    return;
  }
  if (!fork_is_safe(more_devices, cause)) {
    message_send(control, "refused", worker.id, "poisoned", cause, NULL);
    return;
  }
  pid_t self = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    become_worker(&worker, create_jvm, title, self);
  }
  if (pid < 0) {
    snprintf(cause, sizeof cause, "fork: %s", strerror(errno));
    message_send(control, "refused", worker.id, "failed", cause, NULL);
    return;
  }
  children[child_count++] = pid;
  number(pid_text, pid);
  message_send(control, "forked", worker.id, pid_text, NULL);
}

/* By pid only as long as the child has not been waited for: until then nobody else can have that pid. */
static void signal_child(struct message *message) {
  const char *pid_text = message_take(message);
  const char *signal_text = message_take(message);
  if (signal_text == NULL) {
    return;
  }
  pid_t pid = (pid_t)strtol(pid_text, NULL, 10);
  for (size_t i = 0; i < child_count; i++) {
    if (children[i] == pid) {
      kill(pid, (int)strtol(signal_text, NULL, 10));
    }
  }
}

static void reap(void) {
  int status;
  struct rusage usage;
  pid_t pid;
  while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
    for (size_t i = 0; i < child_count; i++) {
      if (children[i] == pid) {
        char texts[4][24];
        children[i] = children[--child_count];
        number(texts[0], pid);
        number(texts[1], WIFEXITED(status) ? WEXITSTATUS(status) : -1);
        number(texts[2], WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        number(texts[3], usage.ru_maxrss);
        message_send(control, "exited", texts[0], texts[1], texts[2], texts[3], NULL);
        break;
      }
    }
  }
}

/* They are killed by the kernel at this process's end anyway; this also waits, so that none is left when it is gone. */
_Noreturn static void end(int status) {
  for (size_t i = 0; i < child_count; i++) {
    kill(children[i], SIGKILL);
  }
  while (child_count > 0 && wait(NULL) > 0) {
  }
  _exit(status);
}

static void handle(struct message *message) {
  const char *verb = message_take(message);
  if (strcmp(verb, "preload") == 0) {
    preload(message);
  } else if (strcmp(verb, "fork") == 0) {
    fork_worker(message);
  } else if (strcmp(verb, "signal") == 0) {
    signal_child(message);
  } else {
    fprintf(stderr, "launcher: an unknown message: %.40s\n", verb);
    end(EXIT_USAGE);
  }
}

static int watch_signals(void) {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  sigaddset(&watched, SIGTERM);
  sigaddset(&watched, SIGINT);
  sigprocmask(SIG_BLOCK, &watched, NULL);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

_Noreturn static void serve(int signals) {
  struct pollfd watched[] = {{.fd = control, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
  for (;;) {
    if (poll(watched, 2, -1) < 0 && errno != EINTR) {
      end(EXIT_LOST);
    }
    if (watched[1].revents & POLLIN) {
      struct signalfd_siginfo info;
      while (read(signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) {
          end(0); /* told to by hand: the engine sees the end of the stream */
        }
      }
      reap();
    }
    if (watched[0].revents != 0) {
      struct message *message = calloc(1, sizeof *message);
      if (message == NULL || !message_read(control, message)) {
        end(EXIT_LOST);
      }
      handle(message);
      message_free(message);
      free(message);
    }
  }
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    return -1;
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static const char *value(const char *argument, const char *name) {
  size_t length = strlen(name);
  return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

int main(int argc, char **argv) {
  const char *socket_path = NULL;
  pid_t parent = 0;
  for (int i = 1; i < argc; i++) {
    const char *given;
    if ((given = value(argv[i], "--control=")) != NULL) {
      socket_path = strdup(given); /* the arguments are written over */
    } else if ((given = value(argv[i], "--parent=")) != NULL) {
      parent = (pid_t)strtol(given, NULL, 10);
    } else if ((given = value(argv[i], "--device=")) != NULL) {
      more_devices = strdup(given);
    } else if (value(argv[i], "--reserve=") == NULL) {
      fprintf(stderr, "launcher: an unknown argument: %s\n", argv[i]);
      return EXIT_USAGE;
    }
  }
  if (socket_path == NULL) {
    fprintf(stderr, "launcher: this is started by the engine, not by hand\n");
    return EXIT_USAGE;
  }
  title.begin = argv[0];
  title.size = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0]);
  if (parent != 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)) {
    fprintf(stderr, "launcher: the parent process %ld is gone\n", (long)parent);
    return EXIT_LOST;
  }
  int signals = watch_signals();
  control = connect_to(socket_path);
  if (control < 0 || signals < 0) {
    fprintf(stderr, "launcher: cannot connect to %s: %s\n", socket_path, strerror(errno));
    return EXIT_LOST;
  }
  serve(signals);
}
