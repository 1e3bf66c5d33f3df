// What the official client does, against the endpoint whose URL is the argument.
// It prints nothing when all is well.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { createClient, ClickHouseError } from '@clickhouse/client'

const [url, table] = process.argv.slice(2)

for (const compression of [{}, { request: true, response: true }]) {
  const client = createClient({ url, compression, clickhouse_settings: { output_format_json_quote_64bit_integers: 1 } })
  assert.equal((await client.ping()).success, true)
  assert.equal((await client.ping({ select: true })).success, true)

  await client.command({ query: `DROP TABLE IF EXISTS ${table}` })
  const created = await client.command({ query: `CREATE TABLE ${table} (n UInt64, s String, d DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY n` })
  assert.ok(created.query_id)

  const values = [{ n: '1', s: "it's\n\n;", d: '2026-01-02 03:04:05.678' }, { n: '18446744073709551615', s: 'é', d: '2026-01-02 03:04:05.000' }]
  const inserted = await client.insert({ table, values, format: 'JSONEachRow' })
  assert.equal(inserted.summary?.written_rows, '2')
  await client.insert({ table, values: [['3', 'array', '2026-01-01 00:00:00.000']], format: 'JSONCompactEachRow', columns: ['n', 's', 'd'] })
  await client.insert({ table, values: Readable.from(['4,four,2026-01-01\n', '5,five,2026-01-01\n'], { objectMode: false }), format: 'CSV' })

  const rows = await (await client.query({ query: `SELECT * FROM ${table} WHERE n != {n:UInt64} AND s IN {s:Array(String)} ORDER BY n`, format: 'JSONEachRow', query_params: { n: 3, s: ["it's\n\n;", 'é'] } })).json()
  assert.deepEqual(rows, values)

  const whole = await (await client.query({ query: `SELECT count() AS c, {x:String} AS x FROM ${table}`, format: 'JSON', query_params: { x: "tab\t ' \\ {}" } })).json()
  assert.deepEqual(whole.data, [{ c: '5', x: "tab\t ' \\ {}" }])
  assert.equal(whole.meta[0].type, 'UInt64')

  let streamed = 0
  const stream = (await client.query({ query: 'SELECT number FROM numbers(200000)', format: 'JSONEachRow' })).stream()
  for await (const part of stream) streamed += part.length
  assert.equal(streamed, 200000)

  await assert.rejects(client.query({ query: 'SELECT * FROM nowhere' }), (err) => err instanceof ClickHouseError && err.code === '60' && err.type === 'UNKNOWN_TABLE')
  await client.close()
}

const session = createClient({ url, session_id: 'js' })
await session.command({ query: 'CREATE TEMPORARY TABLE tmp (x UInt8)' })
await session.insert({ table: 'tmp', values: [{ x: 7 }], format: 'JSONEachRow' })
assert.deepEqual(await (await session.query({ query: 'SELECT * FROM tmp', format: 'JSONEachRow' })).json(), [{ x: 7 }])
await session.close()

// A query that is aborted is cancelled; the Go side looks.
const aborting = createClient({ url })
const controller = new AbortController()
const aborted = aborting.query({ query: 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1', abort_signal: controller.signal })
setTimeout(() => controller.abort(), 200)
await assert.rejects(aborted)
await aborting.close()
