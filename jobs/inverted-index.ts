import { defineJob, type Emit, type Text } from '../mapreduce/index.ts'

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

type Posting = readonly [file: string, count: number]

/** Terms of the file that is being read, counted here first: a handful of emits a file instead of one a word. */
const counted = new Map<string, number>()
const COUNTED_MAX = 50_000
let file = ''

function flush(emit: Emit<string, Posting>): void {
  for (const [term, count] of counted) emit(term, [file, count])
  counted.clear()
}

export default defineJob<Text, string, Posting>({
  name: 'index',
  setup() {
    counted.clear()
  },
  map(line, emit, { inputFile }) {
    if (inputFile !== file || counted.size >= COUNTED_MAX) flush(emit)
    file = inputFile
    const text = line.toString().toLowerCase()
    const terms = text.match(ASCII.test(text) ? ASCII_TERM : TERM) ?? []
    for (const term of terms) counted.set(term, (counted.get(term) ?? 0) + 1)
  },
  cleanup(emit) {
    flush(emit)
  },
  reduce(term, postings, emit) {
    const files = new Map<string, number>()
    for (const [name, count] of postings) files.set(name.toString(), (files.get(name.toString()) ?? 0) + count)
    const sorted = [...files].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
    emit(term, sorted.map(([name, count]) => `${encodeName(name)}:${count}`).join(' '))
  },
})
