// The stream of file entries that `unpack` reads and `walk` writes; src/engine/layers/entry-codec.ts is the other end of both.
//
//   entry_head_t  path NUL  target NUL  (u16 name length, u32 value length, name NUL, value)*  (u64 offset, u64 length)*  content
//
// Little-endian. What stands between head and content is `body_length` bytes. Segments are there for a file with holes: the content is then the
// segments one after the other, else it is `size` bytes. Paths are bytes, relative to the root, without `.`, `..` and empty parts; the root is "".
// The last entry is of the kind ENTRY_END and its size is the number of entries before it; a stream without it is cut off.
#pragma once

#include <stdint.h>

#define ENTRY_FILE 'f'
#define ENTRY_DIRECTORY 'd'
#define ENTRY_SYMLINK 'l'
#define ENTRY_HARDLINK 'h'  // target: path of an entry before
#define ENTRY_CHARACTER 'c'
#define ENTRY_BLOCK 'b'
#define ENTRY_FIFO 'p'
#define ENTRY_WHITEOUT 'w'  // path: what a lower layer loses
#define ENTRY_OPAQUE 'o'    // path: a directory that hides all that lower layers have in it
#define ENTRY_END 'e'

// The layers below have something at this path.
#define ENTRY_BELOW 1U

#define ENTRY_PATH_MAX 4095U
#define ENTRY_BODY_MAX (16U << 20)

typedef struct {
  uint32_t body_length;
  uint8_t kind;
  uint8_t flags;  // ENTRY_BELOW, from `walk`
  uint16_t xattrs;
  uint32_t segments;
  uint32_t mode;  // permission bits with setuid, setgid and sticky
  uint32_t uid;
  uint32_t gid;
  uint32_t major;
  uint32_t minor;
  uint32_t path_length;
  uint32_t mtime_nanoseconds;
  int64_t mtime_seconds;
  uint64_t size;  // of the file with its holes
  uint32_t target_length;
  uint32_t links;  // st_nlink; zero where it is not known
} entry_head_t;

_Static_assert(sizeof(entry_head_t) == 64, "the head is 64 bytes on every machine");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the stream is written as the machine has it");
