const two = (value: number): string => String(value).padStart(2, '0')

/** `2026-11-23 08:00` in the local time zone, as listings have it. */
export function localMinute(milliseconds: number): string {
  const at = new Date(milliseconds)
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** `2026-11-23 08:00:59` in UTC, as `stat` has it. */
export function utcSecond(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')
}

/** `yyyyMMdd:HHmmss` in the local time zone, as `touch -t` takes it; nothing when it is no such time. */
export function parseTouchTime(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d):(\d\d)(\d\d)(\d\d)$/.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const at = new Date(year, month - 1, day, hour, minute, second)
  // Date rolls 31 February over into March; that is a mistake here.
  const kept =
    at.getMonth() === month - 1 && at.getDate() === day && at.getHours() === hour && at.getMinutes() === minute
  return kept && second < 60 ? at.getTime() : undefined
}
