#define _GNU_SOURCE
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <jni.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* As in sysexits.h; the worker's own main uses the same code. */
enum { EXIT_CANNOT_START = 71 };

static const char MAIN_CLASS[] = "io/quern/worker/WorkerMain";

_Noreturn static void give_up(const char *what) {
  dprintf(STDERR_FILENO, "ERROR launcher: %s: %s\n", what, strerror(errno));
  _exit(EXIT_CANNOT_START);
}

/* The kernel sends no signal if the launcher has already ended, so check for that after asking for the signal. */
static void die_with(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
    _exit(EXIT_CANNOT_START);
  }
}

/* The JVM keeps ignoring signals that are ignored here, except SIGQUIT, on which it writes a thread dump. */
static void reset_signals(void) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  for (int signal = 1; signal < NSIG; signal++) {
    sigaction(signal, &action, NULL);
  }
  ignore_sent_to_all();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_inherited(void) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0) {
    return;
  }
#endif
  long most = sysconf(_SC_OPEN_MAX);
  for (int fd = 3; fd < (most < 0 ? 1024 : most); fd++) {
    close(fd);
  }
}

static int connect_to_engine(const char *path, const char *what) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    give_up(what);
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    give_up(what);
  }
  return fd;
}

static void become(int fd, int descriptor) {
  if (dup2(fd, descriptor) < 0) {
    give_up("dup2");
  }
}

static void take_output(const struct worker *worker) {
  int output = connect_to_engine(worker->output_socket, "cannot connect to the output socket");
  dprintf(output, "%s\n", worker->id);
  become(output, STDOUT_FILENO);
  become(output, STDERR_FILENO);
  close(output);
}

/*
 * The connection becomes descriptor 0. Java would take about 20 ms to open a Unix-domain socket, because it sets up a
 * random generator that is never used.
 */
static void take_connection(const struct worker *worker) {
  int engine = connect_to_engine(worker->engine_socket, "cannot connect to the engine");
  become(engine, STDIN_FILENO);
  close(engine);
}

static void give_up_what_it_does_not_need(const struct worker *worker) {
  char parts[PARTS_BYTES];
  char cause[CAUSE_BYTES];
  if (!confine(worker->confinement, worker->confinement_count, parts, cause)) {
    dprintf(STDERR_FILENO, "ERROR launcher: the worker cannot be confined as quern.worker.sandbox requires: %s\n", cause);
    _exit(EXIT_CANNOT_START);
  }
  setenv("QUERN_CONFINEMENT", parts, 1);
}

/* Makes ps show java, the main class and its arguments. Overwrites the launcher's own arguments. */
static void show(struct title title, const struct worker *worker) {
  size_t used = 0;
  memset(title.begin, 0, title.size);
  for (size_t i = 0; i < worker->argument_count + 2 && used + 1 < title.size; i++) {
    const char *word = i == 0 ? "java" : i == 1 ? "io.quern.worker.WorkerMain" : worker->arguments[i - 2];
    size_t length = strlen(word);
    size_t room = title.size - used - 1;
    memcpy(title.begin + used, word, length < room ? length : room);
    used += (length < room ? length : room) + 1;
  }
  prctl(PR_SET_NAME, "quern-worker");
}

_Noreturn static void run_main(JNIEnv *env, const struct worker *worker) {
  jclass type = (*env)->FindClass(env, MAIN_CLASS);
  jclass string = type == NULL ? NULL : (*env)->FindClass(env, "java/lang/String");
  jmethodID method = string == NULL ? NULL : (*env)->GetStaticMethodID(env, type, "main", "([Ljava/lang/String;)V");
  jobjectArray arguments =
      method == NULL ? NULL : (*env)->NewObjectArray(env, (jsize)worker->argument_count, string, NULL);
  for (size_t i = 0; arguments != NULL && i < worker->argument_count; i++) {
    /* String(byte[]) decodes paths that are not ASCII, as the JVM does with its own arguments */
    jsize length = (jsize)strlen(worker->arguments[i]);
    jbyteArray bytes = (*env)->NewByteArray(env, length);
    jmethodID decode = (*env)->GetMethodID(env, string, "<init>", "([B)V");
    if (bytes == NULL || decode == NULL) {
      break;
    }
    (*env)->SetByteArrayRegion(env, bytes, 0, length, (const jbyte *)worker->arguments[i]);
    (*env)->SetObjectArrayElement(env, arguments, (jsize)i, (*env)->NewObject(env, string, decode, bytes));
    (*env)->DeleteLocalRef(env, bytes);
  }
  if (arguments != NULL && !(*env)->ExceptionCheck(env)) {
    (*env)->CallStaticVoidMethod(env, type, method, arguments);
  }
  /* main ends with System.exit, so this is reached only after a failure */
  if ((*env)->ExceptionCheck(env)) {
    (*env)->ExceptionDescribe(env);
  }
  _exit(EXIT_CANNOT_START);
}

_Noreturn void become_worker(const struct worker *worker, void *create_jvm, struct title title, pid_t parent) {
  die_with(parent);
  setpgid(0, 0);
  take_output(worker);
  take_connection(worker);
  close_inherited();
  reset_signals();
  clearenv();
  for (char **variable = worker->environment; *variable != NULL; variable++) {
    putenv(*variable);
  }
  setenv("QUERN_WORKER_TOKEN", worker->token, 1);
  /* the launcher's original environment may contain secrets of the engine, and /proc would still show them */
  memset(title.environment, 0, title.environment_size);
  show(title, worker);
  give_up_what_it_does_not_need(worker);

  JavaVMOption *options = calloc(worker->jvm_option_count + 1, sizeof *options);
  if (options == NULL) {
    give_up("calloc");
  }
  for (size_t i = 0; i < worker->jvm_option_count; i++) {
    options[i].optionString = worker->jvm_options[i];
  }
  JavaVMInitArgs init = {
      .version = JNI_VERSION_10, .nOptions = (jint)worker->jvm_option_count, .options = options, .ignoreUnrecognized = JNI_FALSE};
  JavaVM *jvm;
  JNIEnv *env;
  jint (*create)(JavaVM **, void **, void *) = (jint(*)(JavaVM **, void **, void *))create_jvm;
  jint result = create(&jvm, (void **)&env, &init);
  if (result != JNI_OK) {
    dprintf(STDERR_FILENO, "ERROR launcher: cannot create the JVM: JNI error %d\n", (int)result);
    _exit(EXIT_CANNOT_START);
  }
  run_main(env, worker);
}
