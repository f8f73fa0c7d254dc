#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Its roles. As a fork server it is started by the engine as
 *
 *   quern-launcher --control=SOCKET --parent=PID [--device=PREFIX] [--reserve=...]
 *
 * connects to the socket and ends, with its children, at the end of the stream. Signals that a terminal or a service manager
 * sends to all processes do not end it.
 *
 * As the entry point it is the parent of the engine, PID 1 in a container:
 *
 *   quern-launcher [--device=PREFIX] -- COMMAND...
 *
 * It passes signals on, reaps whatever is left to it, and ends as the engine does: with its exit status, or 128 and the signal
 * that killed it. The engine finds QUERN_LAUNCHER=PID:FD:FD in its environment: whose child it is, and the pipes by which it
 * may have workers forked.
 *
 * What is said either way stands in server.c.
 *
 * For what the engine starts itself it goes before:
 *
 *   quern-launcher --run [--confine=ITEM...] -- PROGRAM ARGUMENT...
 *
 * takes from the process what the items say (confine.c), and becomes the program, which finds what is in force in QUERN_CONFINEMENT. And
 *
 *   quern-launcher --confinement [--no-core=PID]
 *
 * prints what the kernel offers, and has no memory of that process dumped.
 */

enum { RESERVED_BYTES = 4096, SIGNALED = 128 };

static const int PASSED_ON[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
enum { PASSED_ON_COUNT = sizeof PASSED_ON / sizeof *PASSED_ON };

/* What a terminal or a service manager sends to everybody. It is for the engine alone: that drains, and others end with it. */
static const int SENT_TO_ALL[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
enum { SENT_TO_ALL_COUNT = sizeof SENT_TO_ALL / sizeof *SENT_TO_ALL };

static int signals;
static volatile pid_t engine; /* 0: this is a fork server */

static sigset_t passed_on(void) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < PASSED_ON_COUNT; i++) {
    sigaddset(&set, PASSED_ON[i]);
  }
  return set;
}

void hold_passed_on(sigset_t *before) {
  sigset_t held = passed_on();
  sigprocmask(SIG_BLOCK, &held, before);
}

_Noreturn static void end_with_engine(int status, const struct rusage *usage) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    /* it could not say so itself, and this is most often a limit that is too small */
    dprintf(STDERR_FILENO,
            "quern-launcher: the engine was killed by signal 9, by somebody or by the kernel for want of memory; it had "
            "%ld MiB at most\n",
            usage->ru_maxrss / 1024);
  }
  server_end(WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALED + WTERMSIG(status));
}

void reap(void) {
  /* none is passed on to a process that has been waited for: somebody else may have its pid by then */
  sigset_t before;
  hold_passed_on(&before);
  int status;
  struct rusage usage;
  pid_t pid;
  while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
    if (pid == engine) {
      end_with_engine(status, &usage);
    }
    server_reaped(pid, status, &usage);
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
}

static void child_ended(int number) {
  (void)number;
  int error = errno;
  int status;
  struct rusage usage;
  if (engine > 0 && wait4(engine, &status, WNOHANG, &usage) == engine) {
    end_with_engine(status, &usage);
  }
  errno = error;
}

static sigset_t of_children(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return set;
}

void begin_loading(void) {
  struct sigaction action = {.sa_handler = child_ended, .sa_flags = SA_RESTART, .sa_mask = passed_on()};
  sigset_t children = of_children();
  sigaction(SIGCHLD, &action, NULL);
  sigprocmask(SIG_UNBLOCK, &children, NULL);
}

void end_loading(void) {
  sigset_t children = of_children();
  sigprocmask(SIG_BLOCK, &children, NULL);
  signal(SIGCHLD, SIG_DFL);
  reap(); /* the handler has left others than the engine */
}

/*
 * A handler, since it runs whatever this process is at: loading a model takes long, and reading it may never end. What a terminal
 * sends, the engine has got itself; then the code says that it is from the kernel.
 */
static void pass_on(int number, siginfo_t *info, void *context) {
  (void)context;
  if (info->si_code <= 0) {
    int error = errno;
    kill(engine, number);
    errno = error;
  }
}

/* Once there is an engine: until then they wait. */
static void begin_passing_on(void) {
  struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART, .sa_mask = passed_on()};
  for (size_t i = 0; i < PASSED_ON_COUNT; i++) {
    sigaction(PASSED_ON[i], &action, NULL);
  }
  sigprocmask(SIG_UNBLOCK, &action.sa_mask, NULL);
}

void ignore_sent_to_all(void) {
  for (size_t i = 0; i < SENT_TO_ALL_COUNT; i++) {
    signal(SENT_TO_ALL[i], SIG_IGN);
  }
}

static void take_signals(void) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) == sizeof info) {
    reap();
  }
}

/*
 * Early: the kernel drops what PID 1 has neither blocked nor a handler for. What comes to an entry point waits until there is an
 * engine; a fork server has no use for it.
 */
static void hold_signals(bool entry_point) {
  if (entry_point) {
    hold_passed_on(NULL);
  } else {
    ignore_sent_to_all();
  }
}

static bool watch_children(void) {
  sigset_t watched = of_children();
  sigprocmask(SIG_BLOCK, &watched, NULL);
  signal(SIGPIPE, SIG_IGN);
  signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  return signals >= 0;
}

/* Else a closed one's number goes to the next file that is opened, and who writes to standard error writes there. */
static void open_standard_descriptors(void) {
  int fd;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) {
    close(fd);
  }
}

_Noreturn static void serve(int from_engine) {
  struct pollfd watched[] = {{.fd = signals, .events = POLLIN}, {.fd = from_engine, .events = POLLIN}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) {
      if (errno == EINTR) {
        continue; /* a signal was passed on; what else there is was not looked at */
      }
      server_end(EXIT_LOST);
    }
    if (watched[0].revents & POLLIN) {
      take_signals();
    }
    if (watched[1].revents != 0 && !server_serve(from_engine)) {
      if (engine == 0) {
        server_end(EXIT_LOST);
      }
      watched[1].fd = -1; /* it does not want to be forked for, or is about to end */
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
 * An empty element in a library's search path means the working directory, where others may be able to write. What this process and its
 * workers write is for their user alone. The engine keeps what it was started with.
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
    fprintf(stderr, "launcher: the parent process %ld is gone\n", (long)parent);
    _exit(EXIT_LOST);
  }
  bool watching = watch_children();
  int control = connect_to(socket_path);
  leave_directory();
  if (control < 0 || !watching) {
    fprintf(stderr, "launcher: cannot connect to %s: %s\n", socket_path, strerror(errno));
    _exit(EXIT_LOST);
  }
  server_init(control, title, devices);
  serve(control);
}

_Noreturn static void run_entry_point(char **command, struct title title, const char *devices) {
  int from_engine;
  int to_engine;
  const char *core_dumps = getenv("QUERN_WORKER_CORE_DUMPS");
  if (core_dumps == NULL || strcmp(core_dumps, "true") != 0) {
    no_core(0); /* the engine inherits it */
  }
  if (!watch_children() || (engine = start_engine(command, &from_engine, &to_engine)) < 0) {
    fprintf(stderr, "quern-launcher: cannot start: %s\n", strerror(errno));
    _exit(EXIT_LOST);
  }
  leave_directory();
  begin_passing_on();
  server_init(to_engine, title, devices);
  serve(from_engine);
}

/* As in a shell; the engine says the rest of what went wrong. */
enum { EXIT_CANNOT_CONFINE = 125, EXIT_CANNOT_RUN = 126 };

enum { ITEM_BYTES = 4096, EXECUTED_ITEMS = 2 };

/* The dynamic linker that the kernel executes for a program; false if there is none, or it cannot be told. */
static bool find_interpreter(const char *program, char *item, size_t size) {
  ElfW(Ehdr) head;
  ElfW(Phdr) segment;
  bool found = false;
  int fd = open(program, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && pread(fd, &head, sizeof head, 0) == sizeof head && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0) {
    for (size_t i = 0; i < head.e_phnum && !found; i++) {
      off_t at = (off_t)(head.e_phoff + i * sizeof segment);
      size_t used = strlen(item);
      found = pread(fd, &segment, sizeof segment, at) == sizeof segment && segment.p_type == PT_INTERP &&
              segment.p_filesz < size - used &&
              pread(fd, item + used, segment.p_filesz, (off_t)segment.p_offset) == (ssize_t)segment.p_filesz;
    }
  }
  if (fd >= 0) {
    close(fd);
  }
  return found;
}

_Noreturn static void run_confined(char **command, char **items, size_t count) {
  char parts[PARTS_BYTES];
  char cause[CAUSE_BYTES];
  static char program[ITEM_BYTES];
  static char interpreter[ITEM_BYTES] = "execute=";
  ignore_sent_to_all();
  snprintf(program, sizeof program, "execute=%s", command[0]);
  items[count++] = program;
  if (find_interpreter(command[0], interpreter, sizeof interpreter)) {
    items[count++] = interpreter;
  }
  if (!confine(items, count, parts, cause)) {
    fprintf(stderr, "quern-launcher: cannot confine it as quern.worker.sandbox requires: %s\n", cause);
    _exit(EXIT_CANNOT_CONFINE);
  }
  setenv("QUERN_CONFINEMENT", parts, 1);
  execv(command[0], command);
  fprintf(stderr, "quern-launcher: cannot run %s: %s\n", command[0], strerror(errno));
  _exit(EXIT_CANNOT_RUN);
}

static const char *value(const char *argument, const char *name) {
  size_t length = strlen(name);
  return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

/* ps shows the space that the arguments take. What a worker shows there is longer, so room is made by starting once more. */
static void reserve(int argc, char **argv) {
  char room[RESERVED_BYTES];
  char **more = calloc((size_t)argc + 2, sizeof *more);
  if (more != NULL) {
    memset(room, '-', sizeof room);
    memcpy(room, "--reserve=", strlen("--reserve="));
    room[sizeof room - 1] = '\0';
    more[0] = argv[0];
    more[1] = room;
    memcpy(more + 2, argv + 1, (size_t)argc * sizeof *more);
    execv("/proc/self/exe", more);
  }
}

static char *end_of(char *text) { return text + strlen(text) + 1; }

/* Without what is only there for its length. */
static struct title show_own(int argc, char **argv, char **copies) {
  struct title title = {.begin = argv[0], .size = (size_t)(end_of(argv[argc - 1]) - argv[0])};
  if (environ[0] != NULL) {
    char **last = environ;
    while (last[1] != NULL) {
      last++;
    }
    title.environment = environ[0];
    title.environment_size = (size_t)(end_of(*last) - environ[0]);
  }
  char *to = title.begin;
  memset(title.begin, 0, title.size);
  for (int i = 0; i < argc; i++) {
    if (value(copies[i], "--reserve=") == NULL) {
      strcpy(to, copies[i]); /* there was room for it before */
      to += strlen(copies[i]) + 1;
    }
  }
  return title;
}

_Noreturn static void misused(const char *what, const char *which) {
  fprintf(stderr, "quern-launcher: %s%s\nusage: quern-launcher -- ENGINE-COMMAND...\n", what, which);
  _exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
  open_standard_descriptors();
  const char *socket_path = NULL;
  const char *devices = NULL;
  pid_t parent = 0;
  bool reserved = false;
  bool run = false;
  bool asked = false;
  char **command = NULL;
  char **copies = calloc((size_t)argc + 1, sizeof *copies);
  char **items = calloc((size_t)argc + EXECUTED_ITEMS, sizeof *items);
  size_t item_count = 0;
  if (items == NULL) {
    misused("no memory", "");
  }
  for (int i = 0; i < argc; i++) {
    if (copies == NULL || (copies[i] = strdup(argv[i])) == NULL) {
      misused("no memory", "");
    }
  }
  for (int i = 1; i < argc && command == NULL; i++) {
    const char *given;
    if (strcmp(copies[i], "--") == 0) {
      command = copies + i + 1;
    } else if ((given = value(copies[i], "--control=")) != NULL) {
      socket_path = given;
    } else if ((given = value(copies[i], "--parent=")) != NULL) {
      parent = (pid_t)strtol(given, NULL, 10);
    } else if ((given = value(copies[i], "--device=")) != NULL) {
      devices = given;
    } else if (value(copies[i], "--confine=") != NULL) {
      items[item_count++] = copies[i] + strlen("--confine=");
    } else if (strcmp(copies[i], "--run") == 0) {
      run = true;
    } else if (strcmp(copies[i], "--confinement") == 0) {
      asked = true;
    } else if ((given = value(copies[i], "--no-core=")) != NULL) {
      no_core((pid_t)strtol(given, NULL, 10));
    } else if (value(copies[i], "--reserve=") != NULL) {
      reserved = true;
    } else {
      misused("an unknown argument: ", copies[i]);
    }
  }
  if (asked) {
    tell_confinement();
    _exit(0);
  }
  if (socket_path == NULL && (command == NULL || *command == NULL)) {
    misused("no command to run", "");
  }
  if (run) {
    run_confined(command, items, item_count);
  }
  hold_signals(socket_path == NULL);
  if (!reserved) {
    reserve(argc, argv);
  }
  struct title title = show_own(argc, argv, copies);
  if (socket_path != NULL) {
    run_fork_server(socket_path, parent, title, devices);
  }
  run_entry_point(command, title, devices);
}
