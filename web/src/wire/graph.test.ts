import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphedSide, graphsOf, momentsUntil, pathOf, topOf, type Point } from './graph';
import { momentsOf } from './scene';
import type { Frame } from './trace';

function segment(n: number, t: number, to: number | null, more: Partial<Frame> = {}): Frame {
  return {
    type: 'segment', n, t_ns: t, delivered_ns: to, dir: 'c>s', fate: to === null ? 'held' : 'delivered',
    src: '10.0.0.1:40000', dst: '10.0.0.2:80', flags: ['ACK'], seq: 1, ack: 1, len: 0, win: 100, source: 'captured', bytes: '00',
    state: { client: ['ESTABLISHED', 'ESTABLISHED'], server: ['ESTABLISHED', 'ESTABLISHED'], source: 'kernel' }, ...more,
  };
}
const back = { dir: 's>c', src: '10.0.0.2:80', dst: '10.0.0.1:40000' } as const;

const lost = segment(2, 10, null, { seq: 11, len: 10, fate: 'dropped', dropped_ns: 12 });
const transfer = [
  segment(1, 0, 50, { len: 10, congestion: { sender: { cwnd: 10 } } }),
  lost,
  segment(3, 50, 90, { ...back, ack: 11, congestion: { sender: { cwnd: 99 }, receiver: { cwnd: 11, ssthresh: 7, srtt_ns: 90e6 } } }),
  segment(4, 100, 150, { seq: 11, len: 10, retransmission_of: 2, congestion: { sender: { cwnd: 5, ssthresh: 5, srtt_ns: 90e6 } } }),
  segment(5, 110, 160, { seq: 21, len: 10 }),
];

test('the side with most bytes is drawn, unless there is little or several connections', () => {
  assert.equal(graphedSide(transfer), 'client');
  assert.equal(graphedSide(transfer.slice(0, 3)), undefined);
  assert.equal(graphedSide([...transfer, segment(6, 200, 210, { src: '10.0.0.1:40001' })]), undefined);
  const server = transfer.map((one): Frame => (one.dir === 'c>s' ? { ...one, ...back } : { ...one, dir: 'c>s', src: back.dst, dst: back.src }));
  assert.equal(graphedSide(server), 'server');
  assert.equal(graphedSide([segment(1, 0, null, { len: 9 }), segment(1, 0, 9, { len: 9 }), lost, transfer[3]!]), undefined);
});

test('segments are strokes, by what became of them; the ACK that arrived moves the levels', () => {
  const { sequence } = graphsOf(momentsOf(transfer), 'client');
  assert.deepEqual(
    sequence.map(({ at, mark, from, to }) => [at, mark, from, to]),
    [
      [0, 'data', 1, 11],
      [10, 'lost', 11, 21],
      [90, 'level', 11, 11],
      [90, 'limit', 111, 111],
      [100, 'again', 11, 21],
      [110, 'data', 21, 31],
    ],
  );
});

test('the window and the round trip are those of the kernel that sends the data', () => {
  const { cwnd, rtt } = graphsOf(momentsOf(transfer), 'client');
  assert.deepEqual(
    cwnd.map(({ at, mark, from }) => [at, mark, from]),
    [[0, 'level', 10], [90, 'level', 11], [90, 'limit', 7], [100, 'level', 5], [100, 'limit', 5]],
  );
  assert.deepEqual(rtt.map(({ at, from }) => [at, from]), [[90, 90], [100, 90]]);
});

test('what has not happened yet is not drawn', () => {
  const moments = momentsOf(transfer);
  assert.equal(graphsOf(moments.slice(0, 2), 'client').sequence.length, 2);
  assert.equal(momentsUntil(moments, 0), 1);
  assert.equal(momentsUntil(moments, 11), 2);
  assert.equal(momentsUntil(moments, 1e9), moments.length);
});

test('a window far above does not press the rest down', () => {
  const points: Point[] = [
    { at: 0, mark: 'data', from: 0, to: 100 },
    { at: 0, mark: 'limit', from: 1e6, to: 1e6 },
  ];
  assert.equal(topOf(points), 100);
  assert.equal(topOf([...points, { at: 1, mark: 'limit', from: 120, to: 120 }]), 120);
  assert.equal(topOf([]), 1);
});

test('levels are steps, and strokes stand alone', () => {
  const scale = { width: 100, height: 10, end: 100, top: 10 };
  const levels: Point[] = [{ at: 10, mark: 'level', from: 5, to: 5 }, { at: 50, mark: 'level', from: 11, to: 11 }];
  assert.equal(pathOf(levels, 'level', scale), 'M10.0 5.0H50.0V-1.0');
  assert.equal(pathOf([{ at: 50, mark: 'lost', from: 0, to: 5 }], 'lost', scale), 'M50.0 10.0V5.0');
  assert.equal(pathOf(levels, 'data', scale), '');
});
