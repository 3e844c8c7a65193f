import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** Real tables that packages of this machine carry; undefined where theirs is not installed. Nothing is fetched. */

const require = createRequire(import.meta.url)

/** Makers of network cards, from Debian's `ieee-data`: CSV whose addresses are quoted and hold line ends. */
export function organizationsCsv(file = '/usr/share/ieee-data/oui.csv'): string | undefined {
  return fs.existsSync(file) ? file : undefined
}

/** 3,000,000 flights (parquet) and the airports they fly between (CSV), from the npm package `vega-datasets`. */
export function flights(
  resolve: (request: string) => string = require.resolve,
): { readonly flightsParquet: string; readonly airportsCsv: string } | undefined {
  try {
    const data = path.resolve(resolve('vega-datasets'), '../../data')
    return { flightsParquet: path.join(data, 'flights-3m.parquet'), airportsCsv: path.join(data, 'airports.csv') }
  } catch {
    return undefined
  }
}
