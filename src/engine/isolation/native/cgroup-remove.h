// The end of a container's cgroups.
#pragma once

#include "plan.h"

// Kills what the first process has left in the directories of the setting `cgroup-remove`; the cgroups can be used again.
void cgroup_kill(const plan_t *plan);
// Removes the directories, deepest first, and kills at once and for good who is in those that cannot be removed. Processes leave their cgroup some time after they were reaped, so this is
// tried again for a bounded time.
void cgroup_remove(const plan_t *plan);
