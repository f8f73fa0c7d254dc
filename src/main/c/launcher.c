#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * The roles of this program. The engine starts a fork server with
 *
 *   quern-launcher --control=SOCKET --parent=PID [--device=PREFIX] [--reserve=...]
 *
 * It connects to the socket, and ends with its children at the end of the stream. It ignores signals that a terminal or
 * a service manager sends to all processes.
 *
 * The entry point is the parent of the engine, PID 1 in a container:
 *
 *   quern-launcher [--device=PREFIX] -- COMMAND...
 *
 * It passes signals on, reaps orphans, and ends as the engine does: with its exit status, or with 128 plus the number
 * of the signal that killed it. The engine finds QUERN_LAUNCHER=PID:FD:FD in its environment: its parent, and the pipes
 * with which it requests forks.
 *
 * Both roles use the messages described in server.c.
 *
 * To confine a process that the engine itself starts, this command is put before its command line:
 *
 *   quern-launcher --run [--confine=ITEM...] -- PROGRAM ARGUMENT...
 *
 * It takes from the process the rights that the items name (confine.c) and becomes the program, which finds the
 * restrictions that are in force in QUERN_CONFINEMENT. And
 *
 *   quern-launcher --confinement [--no-core=PID]
 *
 * prints what the kernel supports, and disables memory dumps of that process.
 */

/*
 * If one were closed, the next file to be opened would get its number, and output to standard error would go to that
 * file.
 */
static void open_standard_descriptors(void) {
  int fd;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) {
    close(fd);
  }
}

_Noreturn static void serve(int from_engine, int signals, bool entry_point) {
  struct pollfd watched[] = {{.fd = signals, .events = POLLIN}, {.fd = from_engine, .events = POLLIN}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) {
      if (errno == EINTR) {
        continue; /* a signal was passed on; check the descriptors again */
      }
      server_end(EXIT_LOST);
    }
    if (watched[0].revents & POLLIN) {
      take_signals();
    }
    if (watched[1].revents != 0 && !server_serve(from_engine)) {
      if (!entry_point) {
        server_end(EXIT_LOST);
      }
      watched[1].fd = -1; /* it requests no forks any more, or is about to end */
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

/*
 * An empty element in a library's search path means the working directory, where others may be able to write. Files of
 * this process and its workers are private to their user. The engine keeps the original settings.
 */
static void leave_directory(void) {
  umask(077);
  if (chdir("/") != 0) {
    fprintf(stderr, "quern-launcher: cannot change to /: %s\n", strerror(errno));
    _exit(EXIT_LOST);
  }
}

_Noreturn static void run_fork_server(const char *socket_path, pid_t parent, struct title title, const char *devices) {
  if (parent != 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)) {
    fprintf(stderr, "quern-launcher: the parent process %ld is gone\n", (long)parent);
    _exit(EXIT_LOST);
  }
  int signals = watch_children();
  int control = connect_to(socket_path);
  leave_directory();
  if (control < 0 || signals < 0) {
    fprintf(stderr, "quern-launcher: cannot connect to %s: %s\n", socket_path, strerror(errno));
    _exit(EXIT_LOST);
  }
  server_init(control, title, devices);
  serve(control, signals, false);
}

_Noreturn static void run_entry_point(char **command, struct title title, const char *devices) {
  int from_engine;
  int to_engine;
  const char *core_dumps = getenv("QUERN_WORKER_CORE_DUMPS");
  if (core_dumps == NULL || strcmp(core_dumps, "true") != 0) {
    no_core(0); /* the engine inherits it */
  }
  int signals = watch_children();
  pid_t engine = signals < 0 ? -1 : start_engine(command, &from_engine, &to_engine);
  if (engine < 0) {
    fprintf(stderr, "quern-launcher: cannot start: %s\n", strerror(errno));
    _exit(EXIT_LOST);
  }
  leave_directory();
  begin_passing_on(engine);
  server_init(to_engine, title, devices);
  serve(from_engine, signals, true);
}

static const char *value(const char *argument, const char *name) {
  size_t length = strlen(name);
  return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

_Noreturn static void misused(const char *what, const char *which) {
  fprintf(stderr, "quern-launcher: %s%s\nusage: quern-launcher -- ENGINE-COMMAND...\n", what, which);
  _exit(EXIT_USAGE);
}

struct arguments {
  const char *socket_path; /* NULL: not a fork server */
  const char *devices;
  pid_t parent;
  bool reserved;
  bool run;
  bool asked;
  char **command;
  char **items;
  size_t item_count;
};

/* Takes an option with a value; false if it is none of these. */
static bool take_value(char *given, struct arguments *arguments) {
  const char *text;
  if ((text = value(given, "--control=")) != NULL) {
    arguments->socket_path = text;
  } else if ((text = value(given, "--parent=")) != NULL) {
    arguments->parent = (pid_t)strtol(text, NULL, 10);
  } else if ((text = value(given, "--device=")) != NULL) {
    arguments->devices = text;
  } else if (value(given, "--confine=") != NULL) {
    arguments->items[arguments->item_count++] = given + strlen("--confine=");
  } else if ((text = value(given, "--no-core=")) != NULL) {
    no_core((pid_t)strtol(text, NULL, 10));
  } else if (value(given, "--reserve=") != NULL) {
    arguments->reserved = true;
  } else {
    return false;
  }
  return true;
}

static struct arguments read_arguments(int argc, char **argv) {
  struct arguments arguments = {.items = calloc((size_t)argc + EXECUTED_ITEMS, sizeof *arguments.items)};
  if (arguments.items == NULL) {
    misused("no memory", "");
  }
  for (int i = 1; i < argc && arguments.command == NULL; i++) {
    if (strcmp(argv[i], "--") == 0) {
      arguments.command = argv + i + 1;
    } else if (strcmp(argv[i], "--run") == 0) {
      arguments.run = true;
    } else if (strcmp(argv[i], "--confinement") == 0) {
      arguments.asked = true;
    } else if (!take_value(argv[i], &arguments)) {
      misused("an unknown argument: ", argv[i]);
    }
  }
  return arguments;
}

/* The originals are overwritten later, because ps shows them. */
static char **copied(int argc, char **argv) {
  char **copies = calloc((size_t)argc + 1, sizeof *copies);
  for (int i = 0; i < argc; i++) {
    if (copies == NULL || (copies[i] = strdup(argv[i])) == NULL) {
      misused("no memory", "");
    }
  }
  return copies;
}

int main(int argc, char **argv) {
  open_standard_descriptors();
  char **copies = copied(argc, argv);
  struct arguments arguments = read_arguments(argc, copies);
  if (arguments.asked) {
    tell_confinement();
    _exit(0);
  }
  if (arguments.socket_path == NULL && (arguments.command == NULL || *arguments.command == NULL)) {
    misused("no command to run", "");
  }
  if (arguments.run) {
    run_confined(arguments.command, arguments.items, arguments.item_count);
  }
  hold_signals(arguments.socket_path == NULL);
  if (!arguments.reserved) {
    reserve(argc, argv);
  }
  struct title title = show_own(argc, argv, copies);
  if (arguments.socket_path != NULL) {
    run_fork_server(arguments.socket_path, arguments.parent, title, arguments.devices);
  }
  run_entry_point(arguments.command, title, arguments.devices);
}
