// What gantry-init can be: `gantry-init NAME …` calls run_NAME with argv[0] = NAME. A role is a line here and a file that defines it.
#pragma once

#define ROLES(X) X(monitor) X(spawn) X(unpack) X(walk) X(remove) X(copy) X(merge) X(subvolume) X(netlink) X(thin) X(notify) X(runtime) X(limited)

#define X(name) int run_##name(int argc, char **argv);
ROLES(X)
#undef X
