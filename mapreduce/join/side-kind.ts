/**
 * Which side a record of a join is from, in the kind byte of its value: kinds take four bits, the fifth is set on rows
 * of the side that is streamed. The held side's files come before the other's, and values keep the order of the input, so
 * that of every key the held rows come first without being sorted by it.
 */
const STREAMED = 16

export const streamedKind = (valueKind: number): number => valueKind | STREAMED
export const isStreamed = (valueKind: number): boolean => (valueKind & STREAMED) !== 0
export const plainKind = (valueKind: number): number => valueKind & (STREAMED - 1)
