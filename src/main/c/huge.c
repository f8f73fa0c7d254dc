#define _GNU_SOURCE
#include "launcher.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/*
 * A step reads all weights once, and on small pages the processor looks up a new page every 4 KiB. Weights that are
 * mapped from the file stay as they are. io.quern.llama.HugePages does the same for workers that load the model
 * themselves, and names the measurements.
 */

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* since Linux 6.1 */
#endif

enum { MOST_AREAS = 256, LINE_BYTES = 512 };

/* After so many bytes this process reports that it is still busy: they take a quarter of a second at most. */
static const size_t PIECE = (size_t)256 << 20;

static void read_line(const char *path, char line[LINE_BYTES]) {
  *line = '\0';
  FILE *file = fopen(path, "re");
  if (file != NULL) {
    if (fgets(line, LINE_BYTES, file) == NULL) {
      *line = '\0';
    }
    fclose(file);
  }
}

/* Returns the size of a huge page, or 0 if the kernel has none or somebody has forbidden them. */
static size_t huge_page(void) {
  char enabled[LINE_BYTES];
  char bytes[LINE_BYTES];
  unsigned long size = 0;
  read_line("/sys/kernel/mm/transparent_hugepage/enabled", enabled);
  read_line("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", bytes);
  bool allowed = *enabled != '\0' && strstr(enabled, "[never]") == NULL;
  return allowed && sscanf(bytes, "%lu", &size) == 1 ? size : 0;
}

/* Finds the areas of private memory without a file or a name, in the order of their addresses. */
static size_t find_areas(struct area areas[MOST_AREAS]) {
  FILE *maps = fopen("/proc/self/maps", "re");
  char line[LINE_BYTES];
  size_t count = 0;
  while (maps != NULL && count < MOST_AREAS && fgets(line, sizeof line, maps) != NULL) {
    unsigned long begin;
    unsigned long end;
    unsigned long inode;
    char rights[5];
    int rest = 0;
    if (sscanf(line, "%lx-%lx %4s %*x %*s %lu %n", &begin, &end, rights, &inode, &rest) == 4 && inode == 0 &&
        strcmp(rights, "rw-p") == 0 && line[rest] == '\0') {
      areas[count++] = (struct area){(void *)begin, end - begin};
    }
  }
  if (maps != NULL) {
    fclose(maps);
  }
  return count;
}

static struct area before[MOST_AREAS];
static size_t before_count;

void remember_memory(void) { before_count = find_areas(before); }

/* Moves the whole huge pages of an area that has at least two. */
static void move(uintptr_t begin, uintptr_t end, size_t page, void (*progress)(float share)) {
  begin = (begin + page - 1) / page * page;
  end = end / page * page;
  if (begin >= end || end - begin < 2 * page) {
    return;
  }
  for (uintptr_t piece = begin; piece < end; piece += PIECE) {
    size_t bytes = end - piece < PIECE ? end - piece : PIECE;
    if (madvise((void *)piece, bytes, MADV_COLLAPSE) != 0) {
      /* an old kernel, or no huge pages are free: the kernel may do it later */
      madvise((void *)piece, bytes, MADV_HUGEPAGE);
    }
    progress(1);
  }
}

void use_huge_pages(void (*progress)(float share)) {
  static struct area after[MOST_AREAS];
  size_t page = huge_page();
  /* every process has some areas; without them all memory would look new */
  size_t count = page == 0 || before_count == 0 ? 0 : find_areas(after);
  for (size_t i = 0; i < count; i++) {
    uintptr_t begin = (uintptr_t)after[i].begin;
    uintptr_t end = begin + after[i].bytes;
    /* the kernel shows neighbouring areas as one, and an old one may be a cache that nobody has touched */
    for (size_t j = 0; j < before_count; j++) {
      uintptr_t old = (uintptr_t)before[j].begin;
      uintptr_t old_end = old + before[j].bytes;
      if (old < end && begin < old_end) {
        move(begin, old, page, progress);
        begin = old_end;
      }
    }
    move(begin, end, page, progress);
  }
}
