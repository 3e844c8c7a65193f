/** Listing in pages: every entry once, in byte order, however the pages are cut and whatever changes between them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareNames } from '../../../dfs/base/path.ts'
import { listStatus } from '../../../dfs/namenode/view.ts'
import { Requests, refusal } from './requests.ts'
import { caller } from './state.ts'

const names = (fs: Requests, range: { startAfter?: string; limit?: number }): [string[], number] => {
  const { entries, remaining } = listStatus(fs.state, '/d', caller, range)
  return [entries.map(({ path }) => path.slice('/d/'.length)), remaining]
}

test('pages of any size give the whole, in the order of the bytes', () => {
  const any = fc.uniqueArray(
    fc.constantFrom('a', 'b', 'B', 'ab', 'é', '\u{1f600}', '\uffff', 'z', '.', '0').filter((x) => x !== '.'),
  )
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 5 }), (entries, limit) => {
      const fs = new Requests()
      fs.mkdir('/d')
      for (const name of entries) fs.put(`/d/${name}`)
      const all: string[] = []
      for (let remaining = 1; remaining > 0; ) {
        const last = all.at(-1)
        const [page, rest] = names(fs, last === undefined ? { limit } : { limit, startAfter: last })
        all.push(...page)
        remaining = rest
      }
      expect(all).toEqual([...entries].sort(compareNames))
      expect(names(fs, {})).toEqual([all, 0])
    }),
  )
})

test('what comes, goes or gets another name between two pages is there, or is not', () => {
  const fs = new Requests()
  for (const name of ['b', 'd', 'f', 'h']) fs.put(`/d/${name}`)
  expect(names(fs, { limit: 2 })).toEqual([['b', 'd'], 2])
  fs.put('/d/e')
  fs.put('/d/a')
  fs.delete('/d/f')
  fs.rename('/d/h', '/d/g')
  expect(names(fs, { limit: 2, startAfter: 'd' })).toEqual([['e', 'g'], 0])
  // A name to start behind need not be there.
  expect(names(fs, { startAfter: 'dd', limit: 1 })).toEqual([['e'], 1])
  expect(names(fs, { startAfter: 'zz' })).toEqual([[], 0])
})

test('a page that is none is refused, and a file lists itself', () => {
  const fs = new Requests()
  fs.put('/d/f')
  for (const limit of [0, -1, 1.5, Number.NaN]) expect(refusal(() => names(fs, { limit }))).toBe('DFS_BAD_ARGUMENT')
  expect(listStatus(fs.state, '/d/f', caller).entries.map(({ path }) => path)).toEqual(['/d/f'])
  expect(listStatus(fs.state, '/d/f', caller, { startAfter: 'f' }).entries).toEqual([])
})
