import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { symbolicMode } from '../../../../bin/commands/fs/mode.ts'
import { parseModeChange } from '../../../../bin/commands/fs/mode-change.ts'

const changed = (mode: string, permission: number, directory = false): string | undefined =>
  parseModeChange(mode)?.(permission, directory).toString(8)

describe('a mode operand', () => {
  it.each([
    ['755', 0o644, '755'],
    ['0755', 0o1777, '755'],
    ['1755', 0o644, '1755'],
    ['755', 0o1644, '755'],
    ['+x', 0o644, '755'],
    ['a+x', 0o644, '755'],
    ['-w', 0o666, '444'],
    ['u=rwx,g=rx,o=r', 0o000, '754'],
    ['u+r,u+w', 0o000, '600'],
    ['go-rwx', 0o777, '700'],
    ['g=r', 0o777, '747'],
    ['o+t', 0o755, '1755'],
    ['u+t', 0o755, '755'],
    ['-t', 0o1755, '755'],
    ['o=r', 0o1757, '754'],
    ['g=r', 0o1777, '1747'],
    ['ug+rw, o-r', 0o004, '660'],
  ])('%s makes of %o %s', (mode, permission, expected) => {
    expect(changed(mode, permission)).toBe(expected)
  })

  it('with X gives x to directories and to what somebody may execute', () => {
    expect(changed('a+X', 0o644)).toBe('644')
    expect(changed('a+X', 0o644, true)).toBe('755')
    expect(changed('a+X', 0o744)).toBe('755')
    expect(changed('u=rwX', 0o644)).toBe('644')
  })

  it.each(['', '75', '9', '888', '2755', 'u', 'u+', '+', 'u+s', 'z+r', 'u+r,', ',u+r', 'u+r g+w', 'u++r'])(
    'is none if it reads %j',
    (mode) => {
      expect(parseModeChange(mode)).toBeUndefined()
    },
  )

  it('that names every bit of a mode makes that mode, whatever was there', () => {
    const bits = fc.integer({ min: 0, max: 0o777 })
    fc.assert(
      fc.property(bits, bits, (wanted, before) => {
        const text = symbolicMode(wanted)
        const clauses = ['u', 'g', 'o'].flatMap((who, index) => {
          const letters = text.slice(index * 3, index * 3 + 3).replaceAll('-', '')
          return letters === '' ? [`${who}-rwx`] : [`${who}=${letters}`]
        })
        expect(parseModeChange(clauses.join(','))?.(before, false)).toBe(wanted)
      }),
    )
  })
})
