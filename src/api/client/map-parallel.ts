/** Maps a list with so many calls at once; the results are in the list's order. Rejects as the first call that does. */
export async function mapParallel<T, R>(
  list: readonly T[],
  parallel: number,
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(list.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < list.length; index = next++) {
      results[index] = await map(list[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, list.length) }, work));
  return results;
}
