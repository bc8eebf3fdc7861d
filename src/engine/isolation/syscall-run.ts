/** System call numbers from the first on, one for each name; names are parted by white space. */
export type SyscallRun = readonly [first: number, names: string];
