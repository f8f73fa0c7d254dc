#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* As a shell uses them. */
enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

_Noreturn static void become_engine(char **command, int from_launcher, int to_launcher, pid_t launcher) {
  char link[80];
  /* the launcher's workers end with it, so the engine is asked to stop too */
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != launcher) {
    _exit(EXIT_LOST);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  fcntl(from_launcher, F_SETFD, 0);
  fcntl(to_launcher, F_SETFD, 0);
  snprintf(link, sizeof link, "%ld:%d:%d", (long)launcher, from_launcher, to_launcher);
  setenv("QUERN_LAUNCHER", link, 1);
  execvp(command[0], command);
  int error = errno;
  fprintf(stderr, "quern-launcher: cannot run %s: %s\n", command[0], strerror(error));
  _exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/*
 * Uses pipes and not a socket, because Java can open an inherited pipe as /proc/self/fd/N, and no file must be removed
 * later.
 */
pid_t start_engine(char **command, int *from_engine, int *to_engine) {
  int up[2];
  int down[2];
  if (pipe2(up, O_CLOEXEC) != 0 || pipe2(down, O_CLOEXEC) != 0) {
    return -1;
  }
  pid_t self = getpid();
  pid_t engine = fork();
  if (engine == 0) {
    become_engine(command, down[0], up[1], self);
  }
  close(up[1]);
  close(down[0]);
  *from_engine = up[0];
  *to_engine = down[1];
  return engine;
}
