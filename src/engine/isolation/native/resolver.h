// The DNS resolver of a container on networks of its user's: it answers at 127.0.0.11 inside, for as long as the container runs. Names of containers in the same networks it knows from files
// (names.h); everything else it asks the servers of the plan, from the host's network. README.md has the record.
#pragma once

#include "error.h"
#include "loop.h"
#include "plan.h"

typedef struct resolver resolver_t;

// Refuses a record that cannot be served.
int resolver_check(const record_t *record, failure_t *failure);

// Called inside the container's network namespace: makes the sockets where there are none. The resolver, null at first, lives as long as the loop then. A null record: nothing is to be made.
int resolver_listen(resolver_t **resolver, loop_t *loop, const record_t *record, failure_t *failure);

// From now on it answers as the record says, which resolver_check has seen and which must stay. A null record ends it, a null resolver is fine.
void resolver_serve(resolver_t *resolver, const record_t *record);

// The container's own names go from the folders: others find it no longer.
void resolver_remove_names(const record_t *record);
