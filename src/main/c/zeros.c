#define _GNU_SOURCE
#include "launcher.h"

#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * llama.cpp fills a new KV cache with zeros, and so touches each of its pages: for many slots that takes seconds. The
 * pages are fresh, so they contain zeros already. This program's memset takes the place of the C library's in all
 * libraries that it opens. While a context is created, it returns whole pages to the kernel instead of writing zeros.
 * The kernel provides zeros again when somebody reads them.
 */
enum { LARGE = 1 << 20 };

typedef void *(*fill)(void *to, int value, size_t bytes);

static fill plain;
static bool lazy;
static struct area largest;

static void *slowly(void *to, int value, size_t bytes) {
  volatile unsigned char *at = to;
  while (bytes-- > 0) {
    *at++ = (unsigned char)value;
  }
  return to;
}

__attribute__((constructor)) static void find_plain(void) { plain = (fill)dlsym(RTLD_NEXT, "memset"); }

void zero_lazily(bool on) {
  if (on) {
    largest = (struct area){NULL, 0};
  }
  lazy = on;
}

struct area largest_zeroed(void) { return largest; }

/* Returns whether the kernel will provide zeros for these pages. Private memory without a file only. */
static bool give_back(char *begin, size_t bytes) { return madvise(begin, bytes, MADV_DONTNEED) == 0; }

void *fill_memory(void *to, int value, size_t bytes) __asm__("memset");

void *fill_memory(void *to, int value, size_t bytes) {
  fill simply = plain == NULL ? slowly : plain;
  if (!lazy || value != 0 || bytes < LARGE) {
    return simply(to, value, bytes);
  }
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *first = (char *)(((uintptr_t)to + page - 1) / page * page);
  char *end = (char *)to + bytes;
  char *last = (char *)((uintptr_t)end / page * page);
  if (!give_back(first, (size_t)(last - first))) {
    return simply(to, value, bytes);
  }
  if (bytes > largest.bytes) {
    largest = (struct area){to, bytes};
  }
  simply(to, 0, (size_t)(first - (char *)to));
  simply(last, 0, (size_t)(end - last));
  return to;
}
