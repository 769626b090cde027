/** Functions of up to so many required parameters (and no others) have a type of their own in the heap. */
export const MAX_DIRECT_ARITY = 8;
