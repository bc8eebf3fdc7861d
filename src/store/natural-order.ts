/** Names as people order them: `web-2` before `web-10`, in the order of the user's language. */
export const compareNaturally: (a: string, b: string) => number = new Intl.Collator(undefined, { numeric: true })
  .compare;
