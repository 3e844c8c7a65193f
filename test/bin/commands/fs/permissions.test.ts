import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Quern } from '../../support/quern.ts'

let quern: Quern

/** `me` makes the root, so `me` is its superuser. */
beforeEach(async () => {
  quern = await Quern.make()
  await quern.ok('mkdir', '-p', '/d/e', '/user/ada')
  await quern.file('/d/f', 'f')
  await quern.ok('chown', 'ada:mill', '/user/ada')
})

afterEach(async () => {
  await quern[Symbol.asyncDispose]()
})

const as = (user: string, ...words: string[]) => quern.run(['fs', ...words], { env: { HADOOP_USER_NAME: user } })
const mode = (path: string) => quern.ok('stat', '%a', path)

describe('chmod', () => {
  it('takes octal and symbolic modes, and all below with -R', async () => {
    await quern.ok('chmod', '600', '/d/f')
    expect(await mode('/d/f')).toBe('600\n')
    await quern.ok('chmod', '-w', '/d/f')
    expect(await mode('/d/f')).toBe('400\n')
    await quern.ok('chmod', '-R', 'u=rwX,go-rwx', '/d')
    expect(await quern.ok('stat', '%a %n', '/d', '/d/e', '/d/f')).toBe('700 d\n700 e\n600 f\n')
    await quern.ok('chmod', '1777', '/d')
    expect(await quern.ok('ls', '-d', '/d')).toMatch(/^drwxrwxrwt /)
  })

  it('tells what it may not change, and goes on', async () => {
    expect(await as('bob', 'chmod', '777', '/d/f', '/d/e')).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^chmod: changing permissions of '\/d\/f': Permission denied.*\nchmod: changing permissions of '\/d\/e': Permission denied.*\n$/,
      ),
    })
    expect(await mode('/d/f')).toBe('644\n')
  })
})

describe('chown and chgrp', () => {
  it('change owner, group or both', async () => {
    const owners = () => quern.ok('stat', '%u:%g', '/d', '/d/e', '/d/f')
    await quern.ok('chown', 'ada', '/d/f')
    await quern.ok('chgrp', 'mill', '/d/e')
    expect(await owners()).toBe('me:supergroup\nme:mill\nada:supergroup\n')
    await quern.ok('chown', '-R', 'bob:grist', '/d')
    expect(await owners()).toBe('bob:grist\nbob:grist\nbob:grist\n')
    await quern.ok('chown', ':flour', '/d')
    expect(await owners()).toBe('bob:flour\nbob:grist\nbob:grist\n')
  })

  it('are for superusers', async () => {
    expect(await as('bob', 'chown', 'bob', '/d/f')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^chown: changing ownership of '\/d\/f': /),
    })
    expect((await as('bob', 'chgrp', 'mill', '/d/f')).code).toBe(1)
  })
})

describe('a user who may not', () => {
  it('is told so as HDFS tells it', async () => {
    expect(await as('bob', 'mkdir', '/d/n')).toMatchObject({
      code: 1,
      err: 'mkdir: Permission denied: user=bob, access=WRITE, inode="/d":me:supergroup:drwxr-xr-x\n',
    })
    await quern.ok('chmod', '600', '/d/f')
    expect(await as('bob', 'cat', '/d/f')).toMatchObject({
      code: 1,
      out: '',
      err: 'cat: Permission denied: user=bob, access=READ, inode="/d/f":me:supergroup:-rw-------\n',
    })
    expect((await as('bob', 'rm', '/d/f')).code).toBe(1)
    expect(await quern.ok('cat', '/d/f')).toBe('f')
  })

  it('is asked beforehand with test -r and -w', async () => {
    await quern.ok('chmod', '640', '/d/f')
    for (const [user, flag, code] of [
      ['me', '-r', 0],
      ['me', '-w', 0],
      ['bob', '-r', 1],
      ['bob', '-w', 1],
    ] as const) {
      expect(await as(user, 'test', flag, '/d/f')).toMatchObject({ code, out: '', err: '' })
    }
    expect((await as('bob', 'test', '-r', '/d')).code).toBe(0)
    expect((await as('bob', 'test', '-w', '/d')).code).toBe(1)
    expect((await as('bob', 'test', '-r', '/none')).code).toBe(1)
  })

  it('keeps what they may of a copy: mode and times, not the owner', async () => {
    await quern.ok('chmod', '640', '/d/f')
    await quern.ok('chown', 'bob:mill', '/d/f')
    await quern.ok('chmod', '777', '/d')
    expect((await as('bob', 'cp', '-p', '/d/f', '/d/g')).code).toBe(0)
    expect(await quern.ok('stat', '%a %u', '/d/g')).toBe('640 bob\n')
    await quern.ok('cp', '-p', '/d/f', '/d/h')
    expect(await quern.ok('stat', '%a %u:%g', '/d/h')).toBe('640 bob:mill\n')
  })
})

describe('getfacl', () => {
  it('shows owner, group and mode', async () => {
    await quern.ok('chmod', '1750', '/d')
    expect(await quern.ok('getfacl', '-R', '/d')).toBe(
      [
        '# file: /d',
        '# owner: me',
        '# group: supergroup',
        '# flags: --T',
        'user::rwx',
        'group::r-x',
        'other::---',
        '',
        ...['/d/e', '/d/f'].flatMap((path) => [
          `# file: ${path}`,
          '# owner: me',
          '# group: supergroup',
          ...(path === '/d/e' ? ['user::rwx', 'group::r-x', 'other::r-x'] : ['user::rw-', 'group::r--', 'other::r--']),
          '',
        ]),
        '',
      ].join('\n'),
    )
  })
})

describe('the trash of a user', () => {
  it('is theirs alone', async () => {
    const env = { HADOOP_USER_NAME: 'ada', QUERN_TRASH_INTERVAL: '60' }
    expect((await quern.run(['fs', 'touchz', 'f'], { env })).code).toBe(0)
    expect((await quern.run(['fs', 'rm', 'f'], { env })).out).toBe(
      "Moved: '/user/ada/f' to trash at: /user/ada/.Trash/Current/user/ada/f\n",
    )
    expect(await quern.ok('stat', '%a %u', '/user/ada/.Trash')).toBe('700 ada\n')
    expect((await as('bob', 'ls', '/user/ada/.Trash')).code).toBe(1)
  })
})
