#pragma once

#include <stdint.h>

// The mount that an open file is in; 0 where the kernel does not tell (before 5.8).
uint64_t mount_id_of(int fd);
