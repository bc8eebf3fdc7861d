// What the containers in the networks of a container are called. engine/networks/name-files.ts writes the files, and draws them.
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "dns-message.h"

// Of one name in one network; more are not told.
enum { NAMES_ADDRESSES = 128 };

// Which addresses are wanted.
enum { NAMES_IPV4 = 1, NAMES_IPV6 = 2 };

typedef struct {
  int family;
  unsigned char bytes[16];
} names_address_t;

typedef struct {
  size_t count;
  names_address_t list[NAMES_ADDRESSES];
} names_found_t;

typedef struct {
  const char *id;
  char *text;  // whole lines of all files, the container's own first
  size_t length;
  size_t own;
  struct timespec changed;  // the folder, when it was read
  int is_settled;           // that time will be another one when the folder changes again
} names_network_t;

typedef struct {
  const char *folder;
  const char *container;
  names_network_t *networks;
  size_t count;
  unsigned turn;
} names_t;

// Nothing is read yet. The texts must outlive the table; names_add gives up where there is no memory.
void names_open(names_t *names, const char *folder, const char *container);
void names_add(names_t *names, const char *network);
void names_close(names_t *names);

// True when the name is that of a container; `found` then has its addresses of the families, in the first network that has any. The name is in lower case, as a query has it.
int names_find(names_t *names, const char *name, unsigned families, names_found_t *found);

// The name and the network of who has the address; false when nobody has.
int names_reverse(names_t *names, int family, const unsigned char *address, char text[DNS_NAME_TEXT]);
