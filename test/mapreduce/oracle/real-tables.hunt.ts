// The same over all three million flights.
process.env['QUERN_HUNT_FLIGHTS'] ??= '3000000'
await import('./real-tables.test.ts')

export {}
