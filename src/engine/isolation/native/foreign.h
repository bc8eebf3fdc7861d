// Mounts of another mount namespace: a kernel copies only those of the caller's own.
#pragma once

// True for a source such as /proc/123/root/dev/shm, which names a path in the namespace of process 123.
int foreign_is(const char *source);

// A detached copy of what is there, or -1 and errno.
int foreign_clone_tree(const char *source, unsigned flags);
