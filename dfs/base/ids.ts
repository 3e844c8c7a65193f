/** Branded ids: plain values at run time that the compiler keeps apart. */
declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** Rises for ever and is never used twice, so a stale replica can not be taken for a new block. */
export type BlockId = Branded<number, 'BlockId'>
/** Rises each time a block's replicas are rewritten; a replica with an older one is stale. */
export type GenerationStamp = Branded<number, 'GenerationStamp'>
export type FileId = Branded<number, 'FileId'>
export type DatanodeId = Branded<string, 'DatanodeId'>
export type TransactionId = Branded<number, 'TransactionId'>

export const blockId = (value: number): BlockId => value as BlockId
export const generationStamp = (value: number): GenerationStamp => value as GenerationStamp
export const fileId = (value: number): FileId => value as FileId
export const datanodeId = (value: string): DatanodeId => value as DatanodeId
export const transactionId = (value: number): TransactionId => value as TransactionId
