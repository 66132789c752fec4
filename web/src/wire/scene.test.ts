import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldOf, momentsOf, questionAt, sceneOf, wrapText } from './scene';
import { asRow, numbersOf, optionsOf, readTrace, titleOf, type Frame, type Row } from './trace';

function frame(n: number, t: number, to: number | null, more: Partial<Frame> = {}): Frame {
  return {
    type: 'segment', n, t_ns: t, delivered_ns: to, dir: 'c>s', fate: to === null ? 'held' : 'delivered',
    flags: ['SYN'], seq: 0, ack: 0, len: 0, win: 64240, source: 'captured', bytes: '00',
    state: { client: ['SYN-SENT', 'SYN-SENT'], server: ['LISTEN', 'SYN-RECEIVED'], source: 'kernel' }, ...more,
  };
}
function shape(rows: Row[]): string {
  return momentsOf(rows)
    .map((moment) => moment.kind.slice(0, 1) + ('frame' in moment ? moment.frame.n : ''))
    .join(' ');
}

test('moments are sorted by time, so frames can cross', () => {
  assert.equal(shape([frame(1, 0, 50), frame(2, 10, 60, { dir: 's>c' })]), 's1 s2 f1 f2');
});

test('a held frame has two rows and is sent once', () => {
  const held = frame(1, 0, null);
  assert.equal(shape([held]), 's1');
  assert.equal(heldOf(momentsOf([held]))[0]?.n, 1);
  const dropped = { ...held, fate: 'dropped' as const, dropped_ns: 30 };
  const note: Row = { type: 'note', t_ns: 20, text: 'x' };
  assert.equal(shape([held, note, dropped]), 's1 n f1');
  assert.deepEqual(heldOf(momentsOf([held, dropped])), []);
});

test('a state changes when the kernel reports it', () => {
  const scene = sceneOf(momentsOf([frame(1, 0, 50)]), () => [''], () => '');
  const bands = scene.bands.map((band) => `${band.side} ${band.state}`);
  assert.deepEqual(bands, ['server LISTEN', 'client SYN-SENT', 'server SYN-RECEIVED']);
  const [arrow] = scene.arrows;
  assert.ok(arrow && arrow.to !== null && arrow.to > arrow.from);
  assert.equal(scene.bands[0]!.to, arrow.to);
});

test('with several connections, each change of a state is shown where it happens', () => {
  const one = frame(1, 0, 50, { src: 'a:1' });
  const two = frame(2, 60, 70, { src: 'a:2' });
  const scene = sceneOf(momentsOf([one, two]), () => [''], () => '');
  assert.ok(scene.several);
  assert.deepEqual(scene.bands.map((band) => band.state), ['?', '?']);
  assert.deepEqual(
    scene.changes.map((change) => change.state),
    ['SYN-SENT', 'LISTEN', 'SYN-RECEIVED', 'SYN-SENT', 'LISTEN', 'SYN-RECEIVED'],
  );
});

test('the question is about the receiver; a lost frame asks none', () => {
  const moments = momentsOf([frame(1, 0, 50)]);
  assert.equal(questionAt(moments, 0), null);
  assert.deepEqual([questionAt(moments, 1)?.side, questionAt(moments, 1)?.answer], ['server', 'SYN-RECEIVED']);
  assert.equal(questionAt(momentsOf([frame(1, 0, null, { fate: 'dropped' })]), 1), null);
});

test('an object that is not a row is ignored', () => {
  assert.equal(asRow({ type: 'over' }), undefined);
  assert.equal(asRow(null), undefined);
  assert.equal(asRow('begin'), undefined);
  assert.equal(readTrace('{"type":"note","t_ns":1,"text":"a"}\n\n{"type":"x"}\n').length, 1);
});

test('labels leave out parts that say nothing', () => {
  assert.equal(`${titleOf(frame(1, 0, 1))} ${numbersOf(frame(1, 0, 1))}`, 'SYN seq=0');
  const data = frame(1, 0, 1, { flags: ['PSH', 'ACK'], seq: 1, ack: 1, len: 9 });
  assert.equal(`${titleOf(data)} ${numbersOf(data)}`, 'PSH,ACK seq=1 ack=1 len=9');
  assert.equal(titleOf(frame(1, 0, 1, { type: 'frame', summary: 'ARP who-has' })), 'ARP who-has');
});

test('SACK uses relative numbers, as seq and ack do', () => {
  const ack = frame(1, 0, 1, { flags: ['ACK'], ack: 9, ack_raw: 4294967300, opts: { sack: [[4, 12]] } });
  assert.equal(optionsOf({ ...ack, ack_raw: 4294967295 }), 'win=64240 sack=14-22');
});

test('texts wrap at spaces, Chinese texts between characters but not before punctuation', () => {
  assert.deepEqual(wrapText('client calls close()', 14), ['client calls', 'close()']);
  assert.deepEqual(wrapText('客户端调用，然后', 10), ['客户端调', '用，然后']);
  assert.deepEqual(wrapText('', 10), ['']);
  assert.deepEqual(wrapText('averylongword', 4), ['averylongword']);
});
