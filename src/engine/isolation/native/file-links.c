#define _GNU_SOURCE
#include "file-links.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t slot_of(const file_links_t *links, dev_t device, ino_t inode) {
  size_t slot = (size_t)((inode ^ ((uint64_t)device << 32)) * 0x9E3779B97F4A7C15ULL) & (links->size - 1);
  while (links->slots[slot].path && (links->slots[slot].inode != inode || links->slots[slot].device != device)) slot = (slot + 1) & (links->size - 1);
  return slot;
}

static void grow(file_links_t *links) {
  file_links_t larger = {.size = links->size ? links->size * 2 : 1024, .used = links->used};
  larger.slots = calloc(larger.size, sizeof *larger.slots);
  if (!larger.slots) abort();
  for (size_t i = 0; i < links->size; i++)
    if (links->slots[i].path) larger.slots[slot_of(&larger, links->slots[i].device, links->slots[i].inode)] = links->slots[i];
  free(links->slots);
  *links = larger;
}

const char *file_links_find(file_links_t *links, dev_t device, ino_t inode, const char *path) {
  if (links->used * 2 >= links->size) grow(links);
  file_link_t *slot = links->slots + slot_of(links, device, inode);
  if (slot->path) return slot->path;
  slot->path = strdup(path);
  if (!slot->path) abort();
  slot->device = device;
  slot->inode = inode;
  links->used++;
  return NULL;
}
