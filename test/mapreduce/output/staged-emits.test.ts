import { describe, expect, it } from 'vitest'
import { StagedEmits } from '../../../mapreduce/output/staged-emits.ts'
import { Text } from '../../../mapreduce/record/text.ts'

/** What is handed on, with the views made plain while they are good. */
function released(staged: StagedEmits): unknown[] {
  const all: unknown[] = []
  const plain = (value: unknown): unknown =>
    value instanceof Text ? value.toString() : Array.isArray(value) ? value.map(plain) : value
  staged.release((key, value) => all.push([plain(key), plain(value)]))
  return all
}

describe('what a record emits, held back,', () => {
  it('is handed on as it was, in order, whatever its kinds, and only once', () => {
    const staged = new StagedEmits()
    const view = Text.from(Buffer.from('moves'))
    staged.emit(view, 1)
    view.end = 2
    staged.emit(view)
    staged.emit([1, 'a', null], { deep: [true] })
    staged.emit(-7, -0)
    staged.emit('x'.repeat(200_000), null)
    expect(released(staged)).toEqual([
      ['moves', 1],
      ['mo', undefined],
      [[1, 'a', null], { deep: [true] }],
      [-7, -0],
      ['x'.repeat(200_000), null],
    ])
    expect(released(staged)).toEqual([])
  })

  it('is no record when its value can not be one, even if the job goes on', () => {
    const staged = new StagedEmits()
    staged.emit('a', 1)
    expect(() => staged.emit('half', Symbol('x'))).toThrow()
    staged.emit('b', 2)
    expect(released(staged)).toEqual([
      ['a', 1],
      ['b', 2],
    ])
  })

  it('is gone when it is dropped', () => {
    const staged = new StagedEmits()
    staged.emit('a', 1)
    staged.drop()
    staged.emit('b', 2)
    expect(released(staged)).toEqual([['b', 2]])
  })

  it('is refused when one record emits more than can be held', () => {
    const staged = new StagedEmits()
    const large = Buffer.alloc(50 * 1024 * 1024)
    expect(() => {
      for (let n = 0; n < 6; n++) staged.emit(large, n)
    }).toThrow('one record emitted more than')
  })
})
