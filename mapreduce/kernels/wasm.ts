import { readFileSync } from 'node:fs'
import type { Arena } from './arena.ts'
import type { Kernels } from './kernels.ts'

const LF = 10

/** Beside this module in the compiled install; there is none when the sources run directly. */
const compiled = new URL('./kernels.wasm', import.meta.url)

/** The kernels in WebAssembly, or undefined where there is no compiled module or the machine lacks SIMD. */
export function wasmKernels(arena: Arena, binary: URL = compiled): Kernels | undefined {
  let instance: WebAssembly.Instance
  try {
    instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(binary)), {
      env: { memory: arena.memory },
    })
  } catch (error) {
    if (
      error instanceof WebAssembly.CompileError ||
      (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    ) {
      return undefined
    }
    throw error
  }
  const { tokenise, places, csv, quotes, fold, copy, agree, append, pack, radix, ties, gather, rehash } =
    instance.exports
  const { mergeStart, mergeResume, merge, lay, lzPack, lzUnpack, gatherEntries } = instance.exports
  const { countFeeds, matchingLines, countWords } = instance.exports
  if (
    !isFunction(tokenise) ||
    !isFunction(places) ||
    !isFunction(countFeeds) ||
    !isFunction(matchingLines) ||
    !isFunction(csv) ||
    !isFunction(quotes) ||
    !isFunction(fold) ||
    !isFunction(countWords) ||
    !isFunction(copy) ||
    !isFunction(agree) ||
    !isFunction(append) ||
    !isFunction(pack) ||
    !isFunction(radix) ||
    !isFunction(ties) ||
    !isFunction(gather) ||
    !isFunction(mergeStart) ||
    !isFunction(mergeResume) ||
    !isFunction(merge) ||
    !isFunction(lay) ||
    !isFunction(gatherEntries) ||
    !isFunction(lzPack) ||
    !isFunction(lzUnpack) ||
    !isFunction(rehash)
  ) {
    throw new TypeError('kernels.wasm was built from other sources than this module: build again')
  }
  return {
    name: 'wasm',
    tokenise: (position, limit, out, most) => tokenise(position, limit, out, most) >>> 0,
    lines: (position, limit, out, most) => places(position, limit, out, most, LF) >>> 0,
    places: (position, limit, out, most, byte) => places(position, limit, out, most, byte) >>> 0,
    countFeeds: (position, limit) => countFeeds(position, limit) >>> 0,
    matchingLines: (position, limit, needle, length, one, two, crlf, out, most) =>
      matchingLines(position, limit, needle, length, one, two, crlf, out, most) >>> 0,
    csv: (position, limit, ends, endsMax, rows, rowsMax, dialect) =>
      csv(
        position,
        limit,
        ends,
        endsMax,
        rows,
        rowsMax,
        dialect.delimiter,
        dialect.quote,
        dialect.escape,
        dialect.comment,
        dialect.trim ? 1 : 0,
      ) >>> 0,
    quotes: (position, limit, quote, delimiter, before) => quotes(position, limit, quote, delimiter, before) >>> 0,
    fold: (table, pending, values, from, to, operation) => fold(table, pending, values, from, to, operation) >>> 0,
    countWords: (table, position, limit, keyBytesMax, kindOfKey, scratch) =>
      countWords(table, position, limit, keyBytesMax, kindOfKey, scratch) >>> 0,
    copy: (to, from, length) => {
      copy(to, from, length)
    },
    append: (buffer, pending, from, to, partitions, cuts, cutCount) =>
      append(buffer, pending, from, to, partitions, cuts, cutCount) >>> 0,
    agree: (keys) =>
      agree(keys.count, keys.base, keys.stride, keys.keyField, keys.metaField, keys.inlineBytesMax, keys.inlineField),
    pack: (words, keys, depth, partitionBits, partitionField, hashed) => {
      pack(
        words,
        keys.count,
        keys.base,
        keys.stride,
        keys.keyField,
        keys.metaField,
        keys.inlineBytesMax,
        keys.inlineField,
        depth,
        partitionBits,
        partitionField,
        hashed,
      )
    },
    ties: (words, from, keys, depth, scratch, scratchBytes) =>
      ties(
        words,
        from,
        keys.count,
        keys.base,
        keys.stride,
        keys.keyField,
        keys.metaField,
        keys.inlineBytesMax,
        keys.inlineField,
        depth,
        scratch,
        scratchBytes,
      ) >>> 0,
    radix: (words, count, scratch) => {
      radix(words, count, scratch)
    },
    gather: (buffer, words, from, to, out, limit, blockEnd) =>
      gather(buffer, words, from, to, out, limit, blockEnd) >>> 0,
    gatherEntries: (table, words, from, to, out, limit, blockEnd, holds) =>
      gatherEntries(table, words, from, to, out, limit, blockEnd, holds) >>> 0,
    lzPack: (from, length, to, limit, table) => lzPack(from, length, to, limit, table) >>> 0,
    lzUnpack: (from, length, to, max) => lzUnpack(from, length, to, max) >>> 0,
    merging: {
      start: mergeStart,
      resume: mergeResume,
      merge,
      lay: (records, from, to, out, limit, textKind, keys, endAt) =>
        lay(records, from, to, out, limit, textKind, keys ? 1 : 0, endAt),
    },
    rehash: (table) => {
      rehash(table)
    },
  }
}

function isFunction(value: unknown): value is (...numbers: number[]) => number {
  return typeof value === 'function'
}
