import { defineJob, type Text } from '../mapreduce/index.ts'

/**
 * For each term the files it stands in: `term TAB file:count file:count …`, most often first, then by file name.
 *
 * A term is a maximal run of Unicode letters, marks and digits (\p{L} \p{M} \p{N}), lower-cased; invalid UTF-8 and all
 * else separates. In a file's name `%` and white space are written as %XX, so blanks part the entries and the last colon
 * parts name and count.
 */
const ASCII = /^[\0-\x7f]*$/
const ASCII_TERM = /[a-z0-9]+/g
const TERM = /[\p{L}\p{M}\p{N}]+/gu
const encodeName = (name: string) => name.replace(/[%\s]/g, (character) => encodeURIComponent(character))

/** A map says the file alone; a combiner, how often it came. */
type Posting = string | readonly [file: string, count: number]

function countFiles(postings: Iterable<Text | readonly [Text, number]>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const posting of postings) {
    const [name, count] = Array.isArray(posting) ? posting : [posting, 1]
    const file = name.toString()
    counts.set(file, (counts.get(file) ?? 0) + count)
  }
  return counts
}

export default defineJob<Text, string, Posting>({
  name: 'index',
  map(line, emit, { inputFile }) {
    const text = line.toString().toLowerCase()
    const terms = text.match(ASCII.test(text) ? ASCII_TERM : TERM) ?? []
    for (const term of terms) emit(term, inputFile)
  },
  combine(term, postings, emit) {
    for (const [file, count] of countFiles(postings)) emit(term.toString(), [file, count])
  },
  reduce(term, postings, emit) {
    const files = [...countFiles(postings)]
    files.sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
    emit(term, files.map(([file, count]) => `${encodeName(file)}:${count}`).join(' '))
  },
})
