import { describe, expect, it } from 'vitest'
import { BadRecordSearch } from '../../../mapreduce/master/bad-record-search.ts'

const at = (offset: number): { file: number; offset: number } => ({ file: 0, offset })
const lost = { code: 'MR_TASK_LOST', message: 'gone' } as const

describe('the search for records that end their threads', () => {
  it('blames a record only when two attempts in a row ended at it', () => {
    const search = new BadRecordSearch()
    expect(search.ended(3, at(10), lost)).toBe(false)
    expect(search.ended(3, at(20), lost)).toBe(false)
    expect(search.ended(3, at(10), lost)).toBe(false)
    expect(search.of(3)).toEqual([])
    expect(search.ended(3, at(10), lost)).toBe(true)
    expect(search.of(3)).toEqual([{ file: 0, offset: 10, error: 'map ended its worker thread' }])
    expect(search.of(4)).toEqual([])
  })

  it('blames none for what happens between records, or for what the disk does', () => {
    const search = new BadRecordSearch()
    for (let n = 0; n < 3; n++) {
      expect(search.ended(0, undefined, lost)).toBe(false)
      expect(search.ended(1, at(10), { code: 'MR_NO_SPACE', message: 'full' })).toBe(false)
    }
  })

  it('tells the endings apart', () => {
    const search = new BadRecordSearch()
    for (const code of ['MR_TASK_TIMEOUT', 'MR_WORKER_OUT_OF_MEMORY', 'MR_USER_CODE'] as const) {
      search.ended(0, at(1), { code, message: 'thrown\nmore' })
      search.ended(0, at(1), { code, message: 'thrown\nmore' })
    }
    expect(search.of(0).map(({ error }) => error)).toEqual([
      'map made no progress until the task timeout',
      'map ran out of memory',
      'thrown',
    ])
  })
})
