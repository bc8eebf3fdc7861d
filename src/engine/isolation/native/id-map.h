// The user namespace of a container, seen from the host.
#pragma once

#include <sys/types.h>

#include "error.h"
#include "plan.h"

typedef struct {
  int user_namespace;  // descriptor
  uid_t uid;           // what uid and gid 0 inside are on the host
  gid_t gid;
} id_map_t;

// Writes the maps of the plan for the process and opens its namespace.
int id_map_write(const plan_t *plan, pid_t pid, id_map_t *map, failure_t *failure);

// The maps that the process has, in a namespace that it joined.
int id_map_read(pid_t pid, id_map_t *map, failure_t *failure);

// Makes the ids of the namespace those on the disk, for a mount that is attached nowhere; `flags`: AT_RECURSIVE or 0. Returns -1 and sets errno.
int id_map_mount(int mount, unsigned flags, const id_map_t *map);

// A copy of the folder's mount, attached nowhere, with mapped ids. Returns -1 and sets errno.
int id_map_folder(const char *path, const id_map_t *map);

// Files are made and permissions checked as this owner from here on, with all capabilities kept. 0, 0 is the way back. The kernel keeps the owner of a mount's maker.
int act_as(uid_t uid, gid_t gid);
