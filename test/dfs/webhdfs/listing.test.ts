/** A large directory listed piece by piece costs the server no more than the pieces. */
import { afterAll, expect, test } from 'vitest'
import { openFileSystem } from '../../../dfs/index.ts'
import { removeRoots } from '../harness.ts'
import { instead, serveFresh, superuser } from './served.ts'

afterAll(removeRoots)

test('a piece of a listing does not list the whole directory', async () => {
  const pages: { startAfter?: string; limit: number }[] = []
  await using served = await serveFresh({}, (dfs) =>
    instead(dfs, {
      list: () => {
        throw new Error('the whole directory was listed')
      },
      listPage: (path: string, page: { startAfter?: string; limit: number }) => {
        pages.push(page)
        return dfs.listPage(path, page)
      },
    }),
  )
  const names = Array.from({ length: 2300 }, (_, index) => `/large/${String(index).padStart(4, '0')}`)
  await served.dfs.mkdir('/large')
  await Promise.all(names.map((name) => served.dfs.mkdir(name)))
  await using fs = await openFileSystem(`webhdfs://127.0.0.1:${served.port}`, { user: superuser })
  expect((await fs.list('/large')).map(({ path }) => path)).toEqual(names)
  expect(pages).toEqual([{ limit: 1000 }, { limit: 1000, startAfter: '0999' }, { limit: 1000, startAfter: '1999' }])
})
