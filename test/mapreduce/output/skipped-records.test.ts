import { describe, expect, it } from 'vitest'
import { SkippedLog, skippedLine } from '../../../mapreduce/output/skipped-records.ts'

describe('a record that was set aside', () => {
  const about = { file: 'logs/\u00e4 "x"', offset: 7, error: 'no\nat all' }

  it('is one line of JSON that gives its bytes back, whatever they are', () => {
    for (const bytes of [Buffer.from(''), Buffer.from('tab\t\u0000 \u6f22\u5b57'), Buffer.from([0xff, 10, 0x80])]) {
      const line = skippedLine({ ...about, bytes })
      expect(line.indexOf('\n')).toBe(line.length - 1)
      const { text, base64, length, ...rest } = JSON.parse(line)
      expect(rest).toEqual(about)
      expect(length).toBe(bytes.length)
      expect(text === undefined ? Buffer.from(base64, 'base64') : Buffer.from(text)).toEqual(bytes)
    }
  })

  it('of many bytes is not escaped into more than a string can hold', () => {
    const bytes = Buffer.alloc(17 * 1024 * 1024, 1)
    expect(JSON.parse(skippedLine({ ...about, bytes })).base64).toHaveLength(Math.ceil(bytes.length / 3) * 4)
  })

  it('that can not be kept fails the task, and says where', () => {
    const log = new SkippedLog('/nowhere/at/all/map-0.1.skipped')
    expect(() => log.add({ ...about, bytes: Buffer.from('x') })).toThrow(/nowhere/)
    expect(log.records).toBe(0)
  })
})
