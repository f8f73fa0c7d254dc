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
 * It connects to the socket. When the engine closes the connection, it kills its children and ends. It ignores signals
 * that a terminal or a service manager sends to all processes.
 *
 * The entry point is the parent of the engine, PID 1 in a container:
 *
 *   quern-launcher [--device=PREFIX] -- COMMAND...
 *
 * It starts the engine, passes signals on to it and reaps orphans. It ends with the engine's exit status, or with 128
 * plus the number of the signal that killed the engine. The variable QUERN_LAUNCHER=PID:FD:FD gives the engine this
 * process and the pipes for requesting forks.
 *
 * Both roles use the messages described in server.c.
 *
 * To confine a process, the engine puts this before its command line:
 *
 *   quern-launcher --run [--confine=ITEM...] -- PROGRAM ARGUMENT...
 *
 * It gives up the rights that the items name (confine.c) and becomes the program. The variable QUERN_CONFINEMENT lists
 * the restrictions that are in force. The last command,
 *
 *   quern-launcher --confinement [--no-core=PID]
 *
 * prints which restrictions the kernel supports, and disables memory dumps of the process PID.
 */

/*
 * If standard error were closed, the next file to be opened would get its number, and error messages would be written
 * to that file.
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

enum { ENGINE_ENDS_MILLIS = 100 };

_Noreturn static void serve(int from_engine, int signals, bool entry_point) {
  struct pollfd watched[] = {{.fd = signals, .events = POLLIN}, {.fd = from_engine, .events = POLLIN}};
  for (;;) {
    /* A thread of a preloaded library may take SIGCHLD away, so the end of the engine is also looked for. */
    if (poll(watched, 2, watched[1].fd < 0 ? ENGINE_ENDS_MILLIS : -1) < 0) {
      if (errno == EINTR) {
        continue; /* a signal was passed on */
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
      watched[1].fd = -1; /* the engine requests no more forks, or is about to end */
    }
    if (watched[1].fd < 0) {
      reap();
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
 * Changes to / because an empty element in a library's search path means the working directory, where other users may
 * be able to write. The umask keeps files of this process and its workers private. The engine keeps the original
 * settings of both.
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
    no_core(0); /* the engine inherits the limit */
  }
  int signals = watch_children();
  pid_t engine = signals < 0 ? -1 : start_engine(command, &from_engine, &to_engine);
  if (engine < 0) {
    fprintf(stderr, "quern-launcher: cannot start the engine: %s\n", strerror(errno));
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

_Noreturn static void out_of_memory(void) {
  fprintf(stderr, "quern-launcher: out of memory\n");
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

/* Takes an option with a value; false if the option is unknown. */
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
    out_of_memory();
  }
  for (int i = 1; i < argc && arguments.command == NULL; i++) {
    if (strcmp(argv[i], "--") == 0) {
      arguments.command = argv + i + 1;
    } else if (strcmp(argv[i], "--run") == 0) {
      arguments.run = true;
    } else if (strcmp(argv[i], "--confinement") == 0) {
      arguments.asked = true;
    } else if (!take_value(argv[i], &arguments)) {
      misused("unknown argument: ", argv[i]);
    }
  }
  return arguments;
}

/* Copies the arguments, because show_own and show in child.c overwrite the originals, which ps shows. */
static char **copied(int argc, char **argv) {
  char **copies = calloc((size_t)argc + 1, sizeof *copies);
  for (int i = 0; i < argc; i++) {
    if (copies == NULL || (copies[i] = strdup(argv[i])) == NULL) {
      out_of_memory();
    }
  }
  return copies;
}

int main(int argc, char **argv) {
  open_standard_descriptors();
  char **copies = copied(argc, argv);
  struct arguments arguments = read_arguments(argc, copies);
  if (arguments.asked) {
    print_confinement();
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
