import { readFileSync } from 'node:fs'
import type { Arena } from './arena.ts'
import type { Kernels } from './kernels.ts'

/** Beside this module in the compiled install; there is none when the sources run directly. */
const compiled = new URL('./kernels.wasm', import.meta.url)

/** The kernels in WebAssembly, or undefined where there is no compiled module or the machine lacks SIMD. */
export function wasmKernels(arena: Arena): Kernels | undefined {
  let instance: WebAssembly.Instance
  try {
    instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(compiled)), {
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
  const { tokenise, lines, countFeeds, matchingLines, csv, quotes, fold, countWords, copy, rehash } = instance.exports
  if (
    !isFunction(tokenise) ||
    !isFunction(lines) ||
    !isFunction(countFeeds) ||
    !isFunction(matchingLines) ||
    !isFunction(csv) ||
    !isFunction(quotes) ||
    !isFunction(fold) ||
    !isFunction(countWords) ||
    !isFunction(copy) ||
    !isFunction(rehash)
  ) {
    throw new TypeError('kernels.wasm was built from other sources than this module: build again')
  }
  return {
    name: 'wasm',
    tokenise: (position, limit, out, most) => tokenise(position, limit, out, most) >>> 0,
    lines: (position, limit, out, most) => lines(position, limit, out, most) >>> 0,
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
    rehash: (table) => {
      rehash(table)
    },
  }
}

function isFunction(value: unknown): value is (...numbers: number[]) => number {
  return typeof value === 'function'
}
