import { defineJob, sum } from '../mapreduce/index.ts'

/** How often each word occurs; a word is a run of bytes other than ASCII white space, as `tr -s '[:space:]' '\n'` has it. */
export default defineJob({
  name: 'wordcount',
  map(line, emit) {
    for (const word of line.words()) emit(word, 1)
  },
  combine: sum,
  reduce: sum,
})
