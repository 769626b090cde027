/** A value, or the promise of it where it cannot be had at once. */
export type MaybePromise<T> = T | Promise<T>;
