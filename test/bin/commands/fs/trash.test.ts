import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Quern } from '../../support/quern.ts'

let quern: Quern
const env = { QUERN_TRASH_INTERVAL: '60' }

beforeEach(async () => {
  quern = await Quern.make()
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

const fs = (...words: string[]) => quern.run(['fs', ...words], { env })
const trash = '/user/me/.Trash'

describe('rm with a trash', () => {
  it('moves there, says where, and leaves what is in the trash to be deleted', async () => {
    await quern.ok('mkdir', '/a')
    await quern.file('/a/f', 'grist')
    expect(await fs('rm', '/a/f')).toMatchObject({
      code: 0,
      out: `Moved: '/a/f' to trash at: ${trash}/Current/a/f\n`,
      err: '',
    })
    expect(await quern.ok('cat', `${trash}/Current/a/f`)).toBe('grist')
    expect((await fs('rm', '-r', '.Trash/Current/a')).out).toBe('Deleted .Trash/Current/a\n')
    expect(await quern.ok('ls', '-C', `${trash}/Current`)).toBe('')
  })

  it('passes it by with -skipTrash, and without an interval', async () => {
    await quern.ok('touchz', '/f', '/g')
    expect((await fs('rm', '-skipTrash', '/f')).out).toBe('Deleted /f\n')
    expect(await quern.ok('rm', '/g')).toBe('Deleted /g\n')
    expect(await quern.ok('find', '/')).toBe('/\n')
  })

  it('refuses to move what holds the trash, and does not fall back to deleting it', async () => {
    await quern.ok('mkdir', '-p', '/user/me')
    await quern.file('/user/me/f', 'kept')
    for (const path of ['/user', '/user/me']) {
      expect(await fs('rm', '-r', path)).toMatchObject({
        code: 1,
        out: '',
        err: `rm: Cannot move "${path}" to the trash, as it contains the trash. Consider using -skipTrash option\n`,
      })
    }
    expect(await quern.ok('cat', '/user/me/f')).toBe('kept')
  })

  it('says so when the interval is no number', async () => {
    await quern.ok('touchz', '/f')
    expect(await quern.run(['fs', 'rm', '/f'], { env: { QUERN_TRASH_INTERVAL: 'soon' } })).toMatchObject({
      code: 1,
      err: 'rm: QUERN_TRASH_INTERVAL is to be minutes that deleted files are kept, 0 for no trash; it is soon\n',
    })
    expect(await quern.ok('find', '/')).toBe('/\n/f\n')
  })
})

describe('expunge', () => {
  it('makes a checkpoint of what is there and deletes old ones', async () => {
    await quern.ok('mkdir', '-p', `${trash}/200101000000`)
    await quern.ok('touchz', '/f')
    await fs('rm', '/f')
    const { code, out } = await fs('expunge')
    expect(code).toBe(0)
    expect(out).toMatch(
      /^Deleted trash checkpoint: \/user\/me\/\.Trash\/200101000000\nCreated trash checkpoint: (\/user\/me\/\.Trash\/\d{12})\n$/,
    )
    expect((await quern.ok('find', trash, '-name', 'f')).split('/').at(-1)).toBe('f\n')
    expect(await fs('expunge')).toMatchObject({ code: 0, out: '', err: '' })
  })

  it('-immediate deletes all of it', async () => {
    await quern.ok('touchz', '/f')
    await fs('rm', '/f')
    expect((await fs('expunge', '-immediate', '-fs', 'dfs:/')).out).toBe(`Deleted trash checkpoint: ${trash}/Current\n`)
    expect(await quern.ok('ls', trash)).toBe('')
    expect(await fs('expunge')).toMatchObject({ code: 0, out: '' })
  })
})

describe('rm -safely', () => {
  const names = Array.from({ length: 101 }, (_, index) => `/big/${index}`)

  it('asks before a large directory goes for good, and takes a no', async () => {
    await quern.ok('mkdir', '/big', '/small')
    await quern.ok('touchz', ...names)
    expect((await fs('rm', '-r', '-safely', '/small')).code).toBe(0)
    const question = 'Proceed deleting 101 files? (Y or N) '
    for (const [stdin, said] of [
      ['n\n', question],
      ['', question],
      ['perhaps\nno\n', `${question}Invalid input: perhaps\n${question}`],
    ] as const) {
      expect(await quern.run(['fs', 'rm', '-r', '-safely', '/big'], { stdin })).toMatchObject({
        code: 0,
        out: '',
        err: `${said}rm: Delete aborted at user request.\n`,
      })
    }
    await quern.ok('mkdir', '/more')
    await quern.ok('touchz', ...names.map((name) => name.replace('big', 'more')))
    expect(await quern.run(['fs', 'rm', '-r', '-safely', '/big', '/more'], { stdin: 'N\nY\n' })).toMatchObject({
      code: 0,
      out: 'Deleted /more\n',
    })
    // What goes to the trash can be had back, so nobody is asked.
    expect((await fs('rm', '-r', '-safely', '/big')).out).toContain("Moved: '/big' to trash")
  })
})
