import { CsvRow } from '../record/csv-row.ts'
import { Text } from '../record/text.ts'

/** A copy of a record whose views lie in memory that can be spoilt; a record that holds none is lent as it is. */
export function lend(record: unknown): { record: unknown; scribble: () => void } {
  if (record instanceof Text) {
    const copy = record.copy()
    return { record: copy, scribble: () => copy.buffer.fill('#') }
  }
  if (record instanceof CsvRow) {
    const copy = record.copy()
    return {
      record: copy,
      scribble: () => {
        copy.scribble()
      },
    }
  }
  if (typeof record === 'object' && record !== null && Object.values(record).some((part) => part instanceof Text)) {
    const lent = Object.entries(record).map(([name, part]) => ({ name, ...lend(part) }))
    return {
      record: Object.fromEntries(lent.map(({ name, record: part }) => [name, part])),
      scribble: () => {
        for (const part of lent) part.scribble()
      },
    }
  }
  return { record, scribble: () => {} }
}
